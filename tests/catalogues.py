"""The catalogues of both languages."""

from bot.texts import texts_for

EN, ZH = texts_for("en"), texts_for("zh")
