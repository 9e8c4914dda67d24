"""Invented names for the sample book: places, companies and people that do not exist."""

from random import Random


def _words(text: str) -> list[str]:
    return text.split()


PLACES = _words("棠州 霁城 泓港 云渡 岚屿 朔岭 青砀 锦泊 雁浦 栖宁 澜阳 榆泽")
BRANDS_FIRST = _words("澜 岫 砚 霁 朔 棠 珩 翊 铄 沅 澄 屹 珞 昱 衡 骁")
BRANDS_SECOND = _words("岳 川 祺 拓 钧 阡 泰 辰 柏 禾 讯 铭 源 启 骏 垣")

# What a company does, as its name says it, with the industry it is filed under.
TRADES = {
    "state_owned": [
        ("水务集团", "水务"),
        ("能源集团", "能源"),
        ("石化装备", "石油化工"),
        ("城建投资集团", "市政工程"),
        ("冶金", "钢铁冶金"),
        ("热力", "供热"),
    ],
    "manufacturer": [
        ("机械制造", "机械制造"),
        ("化工", "石油化工"),
        ("食品科技", "食品饮料"),
        ("制药", "医药"),
        ("纸业", "造纸"),
        ("新材料", "新材料"),
        ("环保设备", "环保"),
        ("纺织印染", "纺织"),
        ("电子材料", "电子"),
    ],
    "distributor": [
        ("机电贸易", "机电贸易"),
        ("阀门经营部", "机电贸易"),
        ("流体设备商行", "机电贸易"),
        ("工业品", "机电贸易"),
    ],
    "contractor": [
        ("安装工程", "工程安装"),
        ("环境工程", "环保工程"),
        ("市政建设", "市政工程"),
        ("建筑设备工程", "工程安装"),
    ],
}
PUBLIC_BODIES = ["市供水管理中心", "市第二人民医院", "市排水管理处", "理工职业学院", "市公共设施管理局", "市水利管理站"]

FOREIGN_STEMS = _words(
    "Aldvik Brennfort Calverin Dornwick Eskeland Farrowin Grendal Halvorne Istrane Jarnholt Kestrane Lormund Morvath "
    "Norrhage Orbelin Pellancy Quillmar Rothvane Selbrook Tarnock Ulverhay Velmora Wexholm Yarrowby Zandrel"
)
FOREIGN_TRADES = ["Pumps", "Process", "Flow Control", "Water Systems", "Marine", "Valves", "Engineering"]
FOREIGN_FORMS = {"USD": ["Inc.", "LLC", "Pte. Ltd.", "Ltd."], "EUR": ["GmbH", "B.V.", "S.r.l.", "S.A.S.", "Oy"]}

REPS = {
    "华东": ["沈若溪", "顾明远", "陆嘉禾", "许清言"],
    "华南": ["梁卓然", "冯意诚", "黎思齐"],
    "华北": ["赵启衡", "韩静姝"],
    "西南": ["罗子墨"],
    "海外": ["江晚晴", "秦书白"],
}
SURNAMES = _words("王 李 张 刘 陈 杨 黄 周 吴 徐 孙 马 朱 胡 郭 何 高 林 郑 谢")
GIVEN_NAMES = _words("建平 志远 丽华 晓东 文静 国强 雪梅 俊杰 海燕 立新 思远 玉兰 永康 佳怡 振宇 秀英 子轩 春生")
FOREIGN_GIVEN = _words("Anna Marco Elise Jonas Priya Tomas Helen Luis Ingrid Omar Sofia Peter")
FOREIGN_SURNAMES = _words("Varga Lindqvist Moreau Tanaka Okafor Rossi Keller Novak Silva Byrne Haddad Olsen")


def company_name(rng: Random, kind: str, currency: str) -> tuple[str, str]:
    """One company name and its industry, for a kind of customer."""
    if kind == "export":
        form = rng.choice(FOREIGN_FORMS[currency])
        return f"{rng.choice(FOREIGN_STEMS)} {rng.choice(FOREIGN_TRADES)} {form}", "海外工业"
    if kind == "public_body":
        return rng.choice(PLACES) + rng.choice(PUBLIC_BODIES), "公共事业"
    trade, industry = rng.choice(TRADES[kind])
    form = "" if trade.endswith(("部", "行")) else "有限公司"
    return f"{rng.choice(PLACES)}{rng.choice(BRANDS_FIRST)}{rng.choice(BRANDS_SECOND)}{trade}{form}", industry


def person_name(rng: Random, kind: str) -> str:
    """One contact person, named as people are where the customer is."""
    if kind == "export":
        return f"{rng.choice(FOREIGN_GIVEN)} {rng.choice(FOREIGN_SURNAMES)}"
    return rng.choice(SURNAMES) + rng.choice(GIVEN_NAMES)
