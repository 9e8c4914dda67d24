"""Who may see what: filters only narrow, unknown people see nothing, a rep without a name does not see everything."""

import pytest
from streamlit.testing.v1 import AppTest

from pipelines.reporting.queries import Scope
from pipelines.settings import Person, Settings
from ui import access
from ui.access import Who, scope_of
from ui.filters import in_words, narrow
from ui.i18n import Reader

VALUES = {"entities": ["JC"], "regions": ["华东", "华南"], "reps": ["张三"]}


def test_a_rep_is_limited_to_their_own_name():
    assert scope_of(Person(role="rep", rep="张三")) == Scope(reps=("张三",))
    assert scope_of(Person(role="rep")) == Scope(reps=("",)), "no name is the unassigned customers, never all"
    assert scope_of(Person(role="manager", regions=("华东",))) == Scope(regions=("华东",))


def test_filters_only_narrow():
    widest = Scope(reps=("张三",))
    assert narrow(widest, VALUES, {}) == widest
    assert narrow(widest, VALUES, {"regions": ["华东"]}) == Scope(regions=("华东",), reps=("张三",))


def test_a_choice_the_person_may_not_make_is_dropped():
    """The browser sends what it likes: a rep that is not among the values of the widest scope does not count."""
    assert narrow(Scope(reps=("张三",)), VALUES, {"reps": ["李四"]}) == Scope(reps=("张三",))


def test_the_page_says_in_words_what_it_is_narrowed_to():
    reader = Reader("zh_CN", "CNY")
    widest = Scope(reps=("张三",))
    assert in_words(reader, widest, Scope(regions=("华东", ""), reps=("张三",))) == "区域：华东、未分配"
    assert in_words(reader, widest, widest) == ""


def signing_in(people, user):
    """A page that shows whom the sign-in found, run with a signed-in user of the identity provider."""

    def page(people):
        import streamlit as st

        from pipelines.settings import Settings
        from ui.access import signed_in
        from ui.i18n import Reader

        who = signed_in(Settings(people=people), Reader("en", "CNY"))
        st.write(f"{who.role} {who.scope.reps} {who.name}")

    app = AppTest.from_function(page, args=(people,))
    app.user = user
    return app.run()


PEOPLE = {"Zhang@Firm.cn": {"role": "rep", "rep": "张三"}}


def test_a_known_person_gets_role_and_scope_whatever_the_case_of_the_address():
    app = signing_in(PEOPLE, {"is_logged_in": True, "email": "zhang@firm.cn", "name": "Zhang"})
    assert app.markdown[0].value == "rep ('张三',) Zhang"


@pytest.mark.parametrize(
    "user",
    [
        {"is_logged_in": True, "email": "stranger@firm.cn"},
        {"is_logged_in": True, "email": "zhang@firm.cn", "email_verified": False},
        {"is_logged_in": True},
    ],
)
def test_a_stranger_sees_no_page(user):
    app = signing_in(PEOPLE, user)
    assert app.title[0].value == "No access yet"
    assert len(app.markdown) == 1, "only the explanation"


def test_nobody_signed_in_sees_only_the_door():
    app = signing_in(PEOPLE, {"is_logged_in": False})
    assert app.title[0].value == "Sign in to FirstPaid"
    assert [button.label for button in app.button] == ["Sign in"]


def test_without_a_provider_there_is_no_sign_in():
    assert not access.sign_in_configured()
    assert Who("manager", Scope()).signed_in is False
    assert Settings().people == {}
