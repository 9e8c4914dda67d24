"""Make `.venv` and install what is asked for: `setup.py runtime | dev | browser`. Standard library only, Python 3.11.

A stamp in `.venv` holds the digest of the requirements it was filled from, so that a second run has nothing to do.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
INSTALLING = VENV / ".installing"  # there while an installation runs; one that stays marks an interrupted one
REQUIREMENTS = {"runtime": ["requirements.txt"], "dev": ["requirements.txt", "requirements-dev.txt"]}
PACKAGES = ("app_pages", "ui", "models", "pipelines")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")

TEXTS = {
    "waiting": ("Another set-up is running, waiting for it.", "另一个安装正在进行，等待其完成。"),
    "interrupted": (
        "The last set-up did not finish; making .venv again.",
        "上一次安装没有完成，重新创建 .venv。",
    ),
    "making": ("Making .venv with Python {version}.", "正在用 Python {version} 创建 .venv。"),
    "installing": (
        "Installing {file}; the first time this takes a few minutes.",
        "正在安装 {file}，首次需要几分钟。",
    ),
    "failed": (
        "Could not install {file}: see the lines above. Check the network and run the same command again.",
        "{file} 安装失败，原因见上。请检查网络后重新运行同一命令。",
    ),
    "system": (
        "Installing Debian packages for the browser tests: {packages}.",
        "正在为浏览器测试安装 Debian 软件包：{packages}。",
    ),
    "by_hand": (
        "Browser tests will be skipped. To run them, type: sudo apt-get update && sudo apt-get install -y {packages}",
        "浏览器测试将被跳过。如需运行，请输入：sudo apt-get update && sudo apt-get install -y {packages}",
    ),
}


def say(key: str, **params: str) -> None:
    """One line for the person at the terminal, in the terminal's language."""
    names = (os.environ.get(name) for name in ("FIRSTPAID_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"))
    chinese = next(filter(None, names), "").lower().startswith("zh")
    print(TEXTS[key][chinese].format(**params), file=sys.stderr, flush=True)


@contextlib.contextmanager
def only_one() -> Iterator[None]:
    """Hold the set-up lock: two `make` at once must not fill one `.venv`."""
    folder = ROOT / ".setup"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def digest(which: str) -> str:
    """What a finished installation of `which` is known by: the requirements' text and the interpreter."""
    text = b"".join((ROOT / name).read_bytes() for name in REQUIREMENTS[which])
    return hashlib.sha256(text + sys.version.encode()).hexdigest()


def stamp(which: str) -> Path:
    return VENV / f".installed-{which}"


def installed(which: str) -> bool:
    return (
        not INSTALLING.exists()
        and stamp(which).is_file()
        and stamp(which).read_text() == digest(which)
        and subprocess.run([PYTHON, "-c", ""], stderr=subprocess.DEVNULL).returncode == 0
    )


def usable() -> bool:
    """Whether `.venv` can be installed into: it runs, it is 3.11 and has pip."""
    probe = "import pip, sys; sys.exit(sys.version_info[:2] != (3, 11))"
    return PYTHON.exists() and subprocess.run([PYTHON, "-c", probe], stderr=subprocess.DEVNULL).returncode == 0


def install(which: str) -> int:
    """Fill `.venv` from the requirements of `which`; an interrupted installation is begun again from nothing."""
    if installed(which):
        return 0
    if INSTALLING.exists():
        say("interrupted")
    if INSTALLING.exists() or not usable():
        shutil.rmtree(VENV, ignore_errors=True)
        say("making", version=sys.version.split()[0])
        VENV.mkdir()
        INSTALLING.touch()
        venv.create(VENV, with_pip=True)
    INSTALLING.touch()
    file = REQUIREMENTS[which][-1]
    say("installing", file=file)
    command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "-r", str(ROOT / file)]
    if subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr).returncode != 0:
        # What pip had begun to unpack cannot be told from what is whole: the mark stays, the next run starts anew.
        say("failed", file=file)
        return 1
    for each in ("runtime", "dev") if which == "dev" else ("runtime",):
        stamp(each).write_text(digest(each))
    INSTALLING.unlink()
    return 0


def compile_modules() -> None:
    """Compile the program ahead: where Python may not keep what it compiled, each command would compile it anew."""
    subprocess.run([PYTHON, "-m", "compileall", "-qq", *PACKAGES], cwd=ROOT)


def has_chinese_font() -> bool:
    if not shutil.which("fc-list"):
        return False
    return bool(subprocess.run(["fc-list", ":lang=zh-cn"], capture_output=True).stdout.strip())


def browser() -> int:
    """Install Chromium and a Chinese font where missing and allowed; otherwise say the one line to type."""
    packages = [] if any(map(shutil.which, BROWSERS)) else ["chromium"]
    packages += [] if has_chinese_font() else ["fonts-noto-cjk", "fontconfig"]
    if packages and not installed_by_apt(packages):
        say("by_hand", packages=" ".join(packages))
    return 0


def installed_by_apt(packages: list[str]) -> bool:
    """Whether apt-get could be used, by root or sudo without a password, and did install the packages."""
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if not shutil.which("apt-get") or (sudo and not shutil.which("sudo")):
        return False
    if sudo and subprocess.run([*sudo, "true"], stderr=subprocess.DEVNULL).returncode != 0:
        return False
    say("system", packages=" ".join(packages))
    quick = ["-q", "-o", "Acquire::http::Timeout=30", "-o", "Acquire::Retries=1", "-o", "DPkg::Lock::Timeout=120"]
    apt = [*sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", *quick]
    for command in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        done = subprocess.run([*apt, *command], stdin=subprocess.DEVNULL, stdout=sys.stderr)
    return done.returncode == 0


def main(arguments: list[str]) -> int:
    if arguments not in (["runtime"], ["dev"], ["browser"]):
        print("usage: setup.py runtime | dev | browser", file=sys.stderr)
        return 2
    try:
        with only_one():
            if arguments == ["browser"]:
                return browser()
            failed = install(arguments[0])
            if not failed:
                compile_modules()
            return failed
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
