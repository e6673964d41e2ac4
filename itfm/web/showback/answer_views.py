"""The page behind *mine* and *not mine* in a letter. Parse, one call, answer."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from itfm.accounts.access import public
from itfm.web.showback.page import SpendAnswerPage
from itfm.web.showback.words import place_words
from showback.answers import WORDS, AnswerLinkError, answer_of, give_answer


@csrf_exempt
@public
@require_http_methods(["GET", "POST"])
def spend_answer(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether an answer is meant, and save it; what only looks at links, such as a mail scanner, saves nothing."""
    try:
        question, answer = answer_of(token)
    except AnswerLinkError as error:
        return render(request, "showback/answer.html", {"page": SpendAnswerPage(error=str(error))}, status=404)
    is_given = request.method == "POST"
    if is_given:
        give_answer(question, answer, at=timezone.now())
    page = SpendAnswerPage(
        where=place_words(question.place),
        center=f"{question.name} ({question.code})",
        answer=WORDS[answer],
        is_given=is_given,
    )
    return render(request, "showback/answer.html", {"page": page})
