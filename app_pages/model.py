"""Model card: what the late-payment model learned from, how far to trust it, and which model serves."""

import streamlit as st

from models import card as cards
from ui import import_jobs, model_parts, model_use, navigation, page
from ui.formats import plain

view = page.start("model", needs_build=False)
t = view.reader.t

import_jobs.running(view)
serving, reason = cards.serving_card(view.settings), cards.unusable(view.settings)
if reason is not None:
    st.warning(plain(reason.text(view.reader.language)), icon=":material/model_training:")
if serving is None and reason is None:
    # Nothing can be trained before something was loaded.
    st.info(t("model_card.none" if view.build is not None else "model_card.no_data"), icon=":material/model_training:")
    if view.build is None:
        navigation.link("imports", t("empty.own_link"), icon=":material/arrow_forward:")
elif serving is not None:
    model_parts.headline(view, serving)
    model_parts.figures(view, serving)
    if view.build is not None:
        model_use.drift(view)
    model_use.threshold(view, serving)
if view.build is not None and not import_jobs.is_running():
    model_parts.care(view, serving)
model_parts.log(view)
