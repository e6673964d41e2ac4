"""`itfm orders`: list and enter purchase orders, and take in files of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any, Final, get_args

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from ingestion.payables.drawing import OrderState, UnknownOrder
from ingestion.payables.facts import issuer_key
from ingestion.payables.order_facts import ORDER_STATUSES, OrderFacts
from ingestion.purchase_orders import Standing, order_book, standings, with_invoices
from ingestion.services.order_files import look_at_order_file, take_in_order_file
from ingestion.services.purchase_orders import PurchaseOrderError, enter_order
from itfm.accounts.models import Organization
from itfm.api.resources.orders import PurchaseOrderAnswer, UnknownPurchaseOrderAnswer
from itfm.cli.command import REFUSED, Answer, Command, columns, organization
from itfm.cli.papers import COMMAND, add_file, day_of, take_in
from itfm.core.money import AmountError, amount, plain
from itfm.core.tenancy import tenant

_HEADS: Final = ("number", "vendor", "currency", "ordered", "invoiced", "remaining", "percent", "last day", "state")
_UNKNOWN_HEADS: Final = ("number", "issuer", "currency", "invoiced", "invoices")


class Command(Command):  # type: ignore[no-redef]
    """Lists, enters and imports purchase orders."""

    help = "List and enter purchase orders beside the invoices that name them, and take in files of them."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        actions = parser.add_subparsers(dest="action", required=True, parser_class=type(parser))
        listing = actions.add_parser(
            "list", help="List orders with what is left of each, newest first, and numbers that no order has."
        )
        listing.add_argument("--state", choices=get_args(OrderState), help="Only those that stand so today.")
        listing.add_argument("--vendor", help="Only those of this vendor; capitals do not count.")
        _add_facts(actions.add_parser("add", help="Keep an order; the same again is kept once."))
        taking = actions.add_parser("import", help="Take in a file of orders, whole or not at all.")
        add_file(taking, help_text="CSV, XLSX or Parquet: a row per order.")
        for action in actions.choices.values():
            action.add_argument("--organization", required=True, metavar="SLUG")
            self.add_json(action)

    def answer(self, *_args: Any, **options: Any) -> Answer:
        """Do what is asked in the organization that is named."""
        owner = organization(options["organization"])
        asked: dict[str, Callable[..., Answer]] = {"list": _list, "add": _add, "import": _import}
        with tenant(owner.id):
            return asked[options["action"]](owner, options, at=timezone.now())


def _add_facts(parser: CommandParser) -> None:
    parser.add_argument("--vendor", required=True, help="As its invoices name their issuer.")
    parser.add_argument("--number", required=True, help="Capitals and spaces tell no orders apart.")
    parser.add_argument("--amount", required=True, help="What was ordered, without tax: 1234.56.")
    parser.add_argument("--currency", required=True, help="ISO 4217, such as EUR.")
    parser.add_argument("--order-date", required=True, metavar="YYYY-MM-DD")
    parser.add_argument("--start-date", metavar="YYYY-MM-DD", help="First day that it covers.")
    parser.add_argument("--end-date", metavar="YYYY-MM-DD", help="Last day that it covers.")
    parser.add_argument("--description", default="")
    parser.add_argument("--cost-center", default="", help="As it stands on the order.")
    parser.add_argument("--status", choices=ORDER_STATUSES, default="open")


def _list(_owner: Organization, options: dict[str, Any], *, at: datetime) -> Answer:
    book = order_book(today=at.date())
    found = [
        one
        for one in book.standings
        if options["state"] in {None, one.drawing.state}
        and (options["vendor"] is None or one.order.vendor_key == issuer_key(options["vendor"]))
    ]
    unknown = with_invoices(book.unknown)
    data = {
        "orders": [_data(one) for one in found],
        "unknown": [_unknown_data(one) for one in unknown],
    }
    return Answer(data=data, text="\n".join(_words(found, unknown)))


def _words(found: list[Standing], unknown: tuple[UnknownOrder, ...]) -> Iterator[str]:
    yield columns([_HEADS, *map(_row, found)]) if found else "There is no such purchase order."
    if unknown:
        yield "numbers on invoices that no order has"
        yield columns(
            [
                _UNKNOWN_HEADS,
                *(
                    (
                        one.named.number,
                        one.named.issuer,
                        one.named.currency,
                        plain(one.named.billed),
                        f"{one.named.invoice_count + one.named.not_issued_count:,}",
                    )
                    for one in unknown
                ),
            ]
        )


def _add(owner: Organization, options: dict[str, Any], *, at: datetime) -> Answer:
    ordered = day_of(options["order_date"])
    if ordered is None:
        raise CommandError("--order-date: it is empty; write it as YYYY-MM-DD.")
    try:
        facts = OrderFacts(
            vendor=options["vendor"],
            number=options["number"],
            currency=options["currency"],
            amount=amount(options["amount"]),
            order_date=ordered,
            start_date=day_of(options["start_date"]),
            end_date=day_of(options["end_date"]),
            description=options["description"],
            cost_center=options["cost_center"],
            status=options["status"],
        )
    except AmountError as error:
        raise CommandError(f"--amount: {error}") from error
    try:
        made, is_new = enter_order(facts, organization_id=owner.id, by=COMMAND, at=at)
    except PurchaseOrderError as error:
        told = {"code": "invalid_order", "field": error.field, "message": str(error)}
        return Answer(
            data={"status": "rejected", "order": None, "error": told}, text=f"rejected: {error}", exit_code=REFUSED
        )
    made.refresh_from_db()
    [kept] = standings([made], today=at.date())
    status = "added" if is_new else "unchanged"
    return Answer(
        data={"status": status, "order": _data(kept), "error": None},
        text=f"{status}\n{columns([_HEADS, _row(kept)])}",
    )


def _import(owner: Organization, options: dict[str, Any], *, at: datetime) -> Answer:
    return take_in(
        options,
        look=partial(look_at_order_file, organization_id=owner.id),
        take=partial(take_in_order_file, organization_id=owner.id, by=COMMAND, at=at),
    )


def _row(standing: Standing) -> tuple[str, ...]:
    order, drawn = standing.order, standing.drawing
    figures = (plain(one) for one in (drawn.amount, drawn.billed, drawn.remaining, drawn.percent))
    last_day = order.end_date.isoformat() if order.end_date else ""
    return (order.number, order.vendor, order.currency, *figures, last_day, drawn.state.replace("_", " "))


def _data(standing: Standing) -> dict[str, Any]:
    told = dict(PurchaseOrderAnswer(standing).data)
    told["in_other_currencies"] = [dict(one) for one in told["in_other_currencies"]]
    return told


def _unknown_data(unknown: UnknownOrder) -> dict[str, Any]:
    told = dict(UnknownPurchaseOrderAnswer(unknown).data)
    told["invoices"] = [dict(one) for one in told["invoices"]]
    return told
