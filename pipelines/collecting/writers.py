"""Who wrote an entry: a person by name, or by the code of the role where nobody signs in."""

from functools import cache

from pipelines import i18n

ROLES = ("manager", "analyst", "rep")


def by_role(role: str) -> str:
    """What stands in the journal for somebody of whom only the role is known; each reader sees it as a word."""
    return f"{i18n.ROLE}{role}"


def standing(who: str) -> str:
    """The writer of a stored entry; earlier entries hold the role as a word of the writer's language."""
    return _codes_of_words().get(who, who)


@cache
def _codes_of_words() -> dict[str, str]:
    return {i18n.translate(language, f"role.{role}"): by_role(role) for language in i18n.LANGUAGES for role in ROLES}
