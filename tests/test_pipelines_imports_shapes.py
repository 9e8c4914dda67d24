"""Shapes that systems export: where the rows are, whose they are, and what is a total are found by rule."""

from pathlib import Path
from typing import NamedTuple

import duckdb
import pytest

from pipelines import i18n
from pipelines.errors import UserError
from pipelines.importing import imports
from pipelines.settings import Settings


class Shape(NamedTuple):
    text: str
    expected: tuple[str, str | None, int, int, int, str, str | None]  # kind, ledger, accepted, aside, fault, totals
    encoding: str = "utf-8"


SHAPES = {
    "pipes, ruling lines, minus behind, a total without a name": Shape(
        """Customer Line Item Display

------------------------------------------------------------------------------------
|Customer|Name 1    |DocumentNo|Type|Doc. Date |Net due dt|Amount in doc. curr.|Curr.|
------------------------------------------------------------------------------------
|1000001 |Adler GmbH|1800000123|RV  |05.03.2026|04.04.2026|          12.345,67 |EUR  |
|1000001 |Adler GmbH|1600000007|DG  |15.03.2026|15.03.2026|             100,00-|EUR  |
|1000002 |Zeta AG   |1800000124|RV  |28.03.2026|27.04.2026|           1.000,00 |EUR  |
------------------------------------------------------------------------------------
|        |          |          |    |          |          |          13.245,67 |EUR  |
""",
        ("invoices", "ledger", 3, 3, 0, "13245.67", "13245.67"),
    ),
    "tabs, GB18030, wrapped numbers": Shape(
        "单据号\t单据日期\t到期日\t客户编号\t业务员\t原币金额\t原币余额\t币种\n"
        '="000123"\t2026/3/5\t2026/4/4\t="0017"\t陈立\t1,234.00\t234.00\t人民币元\n'
        '="000124"\t2026/3/6\t2026/4/5\t="0018"\t陈立\t8.00\t8.00\t人民币元\n合计\t\t\t\t\t1,242.00\t242.00\t\n',
        ("invoices", "open_items", 2, 1, 0, "1242.00", "1242.00"),
        "gb18030",
    ),
    "two header rows with a label above two columns": Shape(
        """应收账款明细表,,,,,,,
公司：霁川,,,期间：2026年1月1日至2026年3月31日,,,,
客户编码,客户名称,单据日期,单据编号,到期日,原币,,币别
,,,,,金额,余额,
K01,远山,2026-03-05,AR001,2026-04-04,"1,000.00",200.00,CNY
K02,青禾,2026-03-06,AR002,2026-04-05,50.00,50.00,CNY
,,,,本页合计,"1,050.00",250.00,
,,,,总计,"1,050.00",250.00,
""",
        ("invoices", "open_items", 2, 2, 0, "1050.00", "1050.00"),
    ),
    "full-width figures, triangles for minus, a name that two bytes of ASCII cut": Shape(
        "得意先コード,得意先名,請求書番号,請求日,支払期日,請求金額\n"
        "０００１,東商事,Ｓ－１,２０２６／０３／０１,２０２６／０４／３０,￥１２，０００\n"
        "０００２,西商店,Ｓ－２,２０２６／０３／１５,２０２６／０５／３１,￥△３，５００\n",
        ("invoices", "ledger", 2, 0, 0, "8500.00", None),
        "cp932",
    ),
    "stars for totals, amounts in local currency": Shape(
        """|Customer|DocumentNo|Type|Doc. Date |Net due dt|Amount in LC|Curr.|
------------------------------------------------------------------
|100001  |900000001 |RV  |01.03.2026|31.03.2026|    1.200,00|EUR  |
|100001  |140000001 |DG  |20.03.2026|20.03.2026|      100,00-|EUR  |
------------------------------------------------------------------
|*       |          |    |          |          |    1.100,00|EUR  |
|**      |          |    |          |          |    1.100,00|EUR  |
""",
        ("invoices", "ledger", 2, 4, 0, "1100.00", "1100.00"),
    ),
    "days and months without a year, in a batch that states its months": Shape(
        '"EXTF";700;21;"Buchungsstapel";12;20260205120000000;;"RE";"";"";1001;1;20250701;4;20251201;20260131;"Winter"\n'
        "Umsatz (ohne Soll/Haben-Kz);Soll/Haben-Kennzeichen;WKZ Umsatz;Konto;Belegdatum;Belegfeld 1;Buchungstext\n"
        '1190,00;"S";"EUR";10001;112;"RE-1";"Adler"\n595,00;"S";"EUR";10002;3112;"RE-2";"Zeta"\n'
        '119,00;"H";"EUR";10001;1501;"GS-1";"Adler"\n',
        ("invoices", "ledger", 3, 0, 0, "1666.00", None),
        "cp1252",
    ),
    "thin spaces between thousands, accents": Shape(
        "Client;Facture;Date facture;Échéance;Montant TTC;Solde\n"
        "Durand;FA-1;05/03/2026;04/04/2026;1\xa0234,50;1\xa0234,50\n"
        "Éloi;FA-2;15/03/2026;14/04/2026;2\xa0000,00;0,00\n",
        ("invoices", "ledger", 2, 0, 0, "3234.50", None),
        "cp1252",
    ),
    "debits and credits by a word behind, a customer under its own word": Shape(
        "Particulars|Voucher No|Date|Due Date|Amount\nAsh Works|V1|1-Apr-26|1-May-26|12,000.00 Dr\n"
        "Ash Works|V2|3-Apr-26||2,000.00 Cr\nElm|V3|5-Apr-26|5-May-26|1,50,000.00 Dr\nTotal||||1,60,000.00 Dr\n",
        ("invoices", "ledger", 3, 1, 0, "160000.00", "160000.00"),
    ),
    "two header rows, labels merged over both of them": Shape(
        """2026年3月应收账款明细,,,,,
客户名称,发票号,日期,,金额,
客户名称,发票号,开票,到期,应收金额,未收金额
远山,F1,2026-03-01,2026-04-01,100.00,60.00
青禾,F2,2026-03-02,2026-04-02,50.00,50.00
合计,,,,150.00,110.00
""",
        ("invoices", "open_items", 2, 1, 0, "150.00", "150.00"),
    ),
    "decimal commas and euro signs": Shape(
        "Kundennr;Kunde;Rechnungsnr;Rechnungsdatum;Fällig am;Betrag;Offen;Währung\n"
        "10001;Müller & Söhne;RE-1;05.03.2026;04.04.2026;1.234,56 €;1.234,56 €;EUR\n"
        "10002;Weiß AG;RE-2;06.03.2026;05.04.2026;99,00 €;0,00 €;EUR\nSumme;;;;;1.333,56 €;1.234,56 €;\n",
        ("invoices", "ledger", 2, 1, 0, "1333.56", "1333.56"),
        "cp1252",
    ),
    "group rows that add up a customer": Shape(
        """"Number","Invoice Partner Display Name","Invoice Date","Due Date","Total in Currency","Amount Due Signed"
"Azure (2)","","","","300.00","200.00"
"INV/1","Azure","2026-03-01","2026-03-31","100.00","0.00"
"INV/2","Azure","2026-03-05","2026-04-04","200.00","200.00"
""",
        ("invoices", "ledger", 2, 1, 0, "300.00", "300.00"),
    ),
    "buckets as headings, customers in a column": Shape(
        """A/R Aging Detail
"As of March 31, 2026"

Date,Transaction Type,Num,Customer,Due Date,Amount,Open Balance
91 or more days past due,,,,,,
12/01/2025,Invoice,900,Oak Ltd,12/31/2025,"1,000.00","1,000.00"
Total for 91 or more days past due,,,,,"$1,000.00","$1,000.00"
Current,,,,,,
03/15/2026,Invoice,1001,Elm LLC,04/14/2026,200.00,200.00
03/20/2026,Credit Memo,CM-1,Elm LLC,04/14/2026,-50.00,-50.00
TOTAL,,,,,"$1,150.00","$1,150.00"
""",
        ("invoices", "open_items", 3, 4, 0, "1150.00", "1150.00"),
    ),
    "customers as headings, one below another": Shape(
        """,Date,Num,Due Date,Open Balance
Oak Group,,,,
Oak North,,,,
,03/15/2026,1,04/14/2026,10.00
Total Oak North,,,,10.00
Oak South,,,,
,03/16/2026,2,04/15/2026,20.00
Total Oak South,,,,20.00
,03/17/2026,3,04/16/2026,5.00
Total Oak Group,,,,35.00
Elm,,,,
,03/18/2026,4,04/17/2026,7.00
Total Elm,,,,7.00
TOTAL,,,,42.00
""",
        ("invoices", "open_items", 4, 9, 0, "42.00", "42.00"),
    ),
    "groups above parts of the same name": Shape(
        "Customer,,Invoice,,Amounts,\nNo,Name,No,Date,Total,Open\nC1,Alder,R1,2026-01-05,100,40\n"
        "C2,Birch,R2,2026-01-06,200,200\n",
        ("invoices", "open_items", 2, 0, 0, "300.00", None),
    ),
    "signed off below the table": Shape(
        "客户名称,发票号,开票日期,到期日,金额\n甲,1,2026-01-05,2026-02-05,10\n合计,,,,10\n"
        "制表人：王芳,,,审核人：李强,\n打印日期：2026-03-01,,,,\n",
        ("invoices", "ledger", 1, 3, 0, "10.00", "10.00"),
    ),
    "merged customer cells": Shape(
        "客户,发票号,日期,金额\n甲公司,1,2026-03-07,10\n,2,2026-03-08,20\n,3,2026-03-09,30\n"
        "乙公司,4,2026-03-10,40\n,5,2026-03-11,50\n",
        ("invoices", "ledger", 5, 0, 0, "150.00", None),
    ),
    "ten thousands in the header": Shape(
        "客户,发票号,开票日期,金额（万元）\n甲,1,2026-01-05,1.5\n乙,2,2026-01-06,0.25\n",
        ("invoices", "ledger", 2, 0, 0, "17500.00", None),
    ),
    "a bank's list of receipts": Shape(
        '交易日期,对方户名,贷方发生额,摘要,交易流水号\n20260305,远山机电,"1,200.00",货款 FP001,0001\n'
        "20260306,青禾,50.00,货款,0002\n",
        ("receipts", None, 2, 0, 0, "1250.00", None),
    ),
    "a delimiter inside an amount": Shape(
        "Customer,Invoice No,Date,Amount\nA,1,2026-03-07,1,234.50\nB,2,2026-03-07,12\n",
        ("invoices", "ledger", 1, 0, 1, "12.00", None),
    ),
    "numbers cut by a spreadsheet": Shape(
        "Customer,Invoice No,Date,Amount\nA,1.23E+11,2026-03-07,12\nB,77,2026-03-07,12\n",
        ("invoices", "ledger", 1, 0, 1, "12.00", None),
    ),
    "serials among dates": Shape(
        "Customer,Invoice No,Date,Amount\nA,1,46086,10\nB,2,46087,11\nC,3,2026-03-07,12\n",
        ("invoices", "ledger", 3, 0, 0, "33.00", None),
    ),
    "aged summary with a balance": Shape(
        "账龄分析表\n截止日期：2026年3月31日\n客户编码,客户名称,应收余额,未到期,1-30天,31-60天,90天以上\n"
        "K1,远山,600,100,200,300,0\nK2,青禾,50,0,0,0,50\n合计,,650,100,200,300,50\n",
        ("aged_summary", None, 2, 1, 0, "650.00", "650.00"),
    ),
}


def load(tmp_path: Path, shape: Shape) -> tuple[imports.ImportReport, Path]:
    settings = Settings(home=tmp_path / "warehouse")
    path = tmp_path / "export.csv"
    path.write_bytes(shape.text.encode(shape.encoding))
    report = imports.import_file(path, settings)
    return report, settings.home / "imports" / report.import_id / "rows.parquet"


@pytest.mark.parametrize("name", SHAPES)
def test_shape(tmp_path: Path, name: str) -> None:
    report, _ = load(tmp_path, SHAPES[name])
    assert (
        report.kind,
        report.ledger,
        report.rows_accepted,
        report.rows_set_aside,
        report.rows_rejected - report.rows_set_aside,
        report.accepted_total,
        report.control_total,
    ) == SHAPES[name].expected


@pytest.mark.parametrize(
    ("name", "customers"),
    [
        ("customers as headings, one below another", ["Oak North", "Oak South", "Oak Group", "Elm"]),
        ("merged customer cells", ["甲公司", "甲公司", "甲公司", "乙公司", "乙公司"]),
        ("pipes, ruling lines, minus behind, a total without a name", ["1000001", "1000001", "1000002"]),
        ("tabs, GB18030, wrapped numbers", ["0017", "0018"]),
        ("a bank's list of receipts", ["远山机电", "青禾"]),
    ],
)
def test_every_row_knows_its_customer(tmp_path: Path, name: str, customers: list[str]) -> None:
    _, rows = load(tmp_path, SHAPES[name])
    found = duckdb.connect().execute("select customer_id from read_parquet(?) order by line_no", [str(rows)]).fetchall()
    assert [c for (c,) in found] == customers


def test_indented_customers_carry_the_names_they_stand_below(tmp_path: Path) -> None:
    text = """,Date,Num,Due Date,Open Balance
Oak,,,,
   North,,,,
      Site 1,,,,
,03/15/2026,1,04/14/2026,10.00
      Total Site 1,,,,10.00
,03/16/2026,2,04/15/2026,7.00
   Total North,,,,17.00
   South,,,,
      Site 1,,,,
,03/17/2026,3,04/16/2026,5.00
      Total Site 1,,,,5.00
   Total South,,,,5.00
Total Oak,,,,22.00
TOTAL,,,,22.00
"""
    _, rows = load(tmp_path, Shape(text, ("", None, 0, 0, 0, "", None)))
    sql = "select customer_id, amount::int from read_parquet(?) order by line_no"
    names = [("Oak:North:Site 1", 10), ("Oak:North", 7), ("Oak:South:Site 1", 5)]
    assert duckdb.execute(sql, [str(rows)]).fetchall() == names


def test_indented_customers_of_a_summary_carry_them_too(tmp_path: Path) -> None:
    text = """Customer,Current,1 - 30,31 - 60,Total
Oak,,,,
   North,,,,
      Site 1,5.00,,,5.00
   Total North,5.00,,,5.00
   South,,7.00,,7.00
Total Oak,5.00,7.00,,12.00
Elm,1.00,,,1.00
TOTAL,6.00,7.00,,13.00
"""
    report, rows = load(tmp_path, Shape(text, ("", None, 0, 0, 0, "", None)))
    sql = "select customer_id, sum(open_amount)::int from read_parquet(?) group by all order by 1"
    assert duckdb.execute(sql, [str(rows)]).fetchall() == [("Elm", 1), ("Oak:North:Site 1", 5), ("Oak:South", 7)]
    assert (report.accepted_total, report.control_total) == ("13.00", "13.00")


def test_the_buckets_of_a_summary(tmp_path: Path) -> None:
    _, rows = load(tmp_path, SHAPES["aged summary with a balance"])
    sql = "select bucket, days_from, days_to, sum(open_amount) from read_parquet(?) group by all order by 2 nulls first"
    found = duckdb.connect().execute(sql, [str(rows)]).fetchall()
    assert [(b, f, t, int(a)) for b, f, t, a in found] == [
        ("未到期", None, 0, 100),
        ("1-30天", 1, 30, 200),
        ("31-60天", 31, 60, 300),
        ("90天以上", 90, None, 50),
    ]


def test_headings_that_are_buckets_are_no_customers(tmp_path: Path) -> None:
    text = (
        ",Type,Date,Num,Due Date,Open Balance\nCurrent,,,,,\n,Invoice,03/15/2026,1,04/14/2026,5\nTotal Current,,,,,5\n"
    )
    with pytest.raises(UserError) as caught:
        load(tmp_path, Shape(text, ("", None, 0, 0, 0, "", None)))
    assert caught.value.code == "error.columns_missing"


def test_it_is_said_where_letters_may_be_of_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "ledger.csv"
    text = "Customer No,Customer Name,Invoice No,Date,Amount\nK1,{},T1,2026-03-05,7\n"
    settings = Settings(home=tmp_path / "warehouse")
    for name, is_said in (("Crème", True), ("Müller", False)):
        path.write_bytes(text.format(name).encode("cp1252"))
        notes = [note for note in imports.import_file(path, settings).notes if note["code"] == "encoding_perhaps"]
        assert bool(notes) == is_said
        assert all("CP1252" in i18n.reason(language, note) for note in notes for language in i18n.LANGUAGES)
