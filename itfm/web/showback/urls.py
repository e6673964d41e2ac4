"""Addresses of Showback."""

from __future__ import annotations

from django.urls import path

from itfm.web.showback import answer_views, letter_views, views

urlpatterns = [
    path("showback", views.showback, name="showback"),
    path("showback/letters", letter_views.letters, name="letters"),
    path("showback/letters/schedule", letter_views.letters_schedule, name="letters_schedule"),
    path("showback/letters/<uuid:message_id>/again", letter_views.letter_again, name="letter_again"),
    path("showback/<str:code>", views.scorecard, name="scorecard"),
    path("showback/<str:code>/statement.csv", views.scorecard_csv, name="scorecard_csv"),
    path("showback/<str:code>/owner", views.scorecard_owner, name="scorecard_owner"),
    path("showback/<str:code>/letter", letter_views.letter, name="letter"),
    path("showback/<str:code>/letter.html", letter_views.letter_html, name="letter_html"),
    path("showback/<str:code>/letter/test", letter_views.letter_test, name="letter_test"),
    path("spend-answer/<str:token>", answer_views.spend_answer, name="spend_answer"),
    path("unsubscribe/<str:token>", letter_views.unsubscribe_page, name="unsubscribe"),
]
