"""The reader's screen, with buttons for what a customer would do."""

from html import escape
from urllib.parse import quote

from stripe_sim import cards, presenting, terminal
from stripe_sim.account import Account
from stripe_sim.cards import Card
from stripe_sim.errors import ApiError, Json, invalid
from stripe_sim.pages import Page, Visit, dollars, frame, redirect, view
from stripe_sim.terminal import AUTHORISING

CARDS = {
    "visa": "Visa 4242",
    "mastercard": "Mastercard 4444",
    "amex": "American Express 0005",
    "chargeDeclined": "Visa 0002 (declined)",
    "chargeDeclinedInsufficientFunds": "Visa 9995 (insufficient funds)",
    "refundFail": "Visa 5126 (refunds fail later)",
    "createDispute": "Visa 0259 (disputed later)",
}


@view("GET /")
def readers(visit: Visit) -> Page:
    """All readers, and the checkout pages that are open."""
    account = visit.account
    with account.store:
        known = account.store.all("terminal.reader")
        sessions = account.store.all("checkout.session", status="open")
    listed = "".join(
        f'<li><a href="/_sim/readers/{reader["id"]}">{escape(reader["label"])}</a></li>' for reader in known
    )
    pages = "".join(f'<li><a href="{escape(session["url"])}">{session["id"][:24]}…</a></li>' for session in sessions)
    content = f"<h1>Stand-in for Stripe</h1><h2>Card readers</h2><ul>{listed or '<li>None yet</li>'}</ul>"
    return frame("Stand-in for Stripe", f"{content}<h2>Open checkout pages</h2><ul>{pages or '<li>None</li>'}</ul>")


@view("GET /_sim/readers/{reader}")
def show(visit: Visit) -> Page:
    """The whole page, or with `?part=screen` only what changes."""
    with visit.account.store:
        visit.account.catch_up()
        reader = terminal.find(visit.account, visit.ids["reader"])
        screen = _screen(visit.account, reader)
    if visit.form.get("part") == "screen":
        return Page(screen, headers={"Content-Type": "text/html; charset=utf-8"})
    problem = visit.form.get("problem", "")
    told = f'<p class="problem" role="alert">{escape(problem)}</p>' if problem else ""
    content = f'<h1>{escape(reader["label"])}</h1>{told}<div id="screen" aria-live="polite">{screen}</div>'
    return frame(
        f"Reader {reader['label']}", content + f"<noscript><p>{_reload(reader)}</p></noscript>", script="reader.js"
    )


def _reload(reader: Json) -> str:
    return f'<a href="/_sim/readers/{reader["id"]}">Look again</a>'


def _screen(account: Account, reader: Json) -> str:
    if reader["status"] == "offline":
        dark = '<section class="screen off"><p class="big">No power</p></section>'
        return dark + _buttons(reader, {"plug_in": "Plug in"})
    action = reader["action"]
    waits = bool(action and action["status"] == "in_progress" and action["type"] != "set_reader_display")
    if waits and reader["_phase"] == AUTHORISING:
        lines = '<p class="big">Authorising…</p><p>Leave the card in.</p>'
        return f'<section class="screen">{lines}</section>{_buttons(reader, {"unplug": "Pull the plug"})}'
    if waits:
        return f'<section class="screen">{_asks(account, action)}</section>{_card_form(reader, action)}'
    return f'<section class="screen">{_rests(action)}</section>{_buttons(reader, {"unplug": "Pull the plug"})}'


def _asks(account: Account, action: Json) -> str:
    asked = action[action["type"]]
    if action["type"] == "process_payment_intent":
        intent = account.store.get("payment_intent", asked["payment_intent"])
        said = f"<p>{escape(intent['description'])}</p>" if intent["description"] else ""
        return f'<p class="big">{dollars(intent["amount"])}</p>{said}<p>Tap, insert or swipe</p>'
    if action["type"] == "refund_payment":
        return '<p class="big">Refund</p><p>Present the card that paid</p>'
    return '<p class="big">Save a card</p><p>Tap, insert or swipe</p>'


def _rests(action: Json | None) -> str:
    if action and action["type"] == "set_reader_display":
        cart = action["set_reader_display"]["cart"]
        rows = "".join(
            f"<li>{item['quantity']} × {escape(item['description'])} {dollars(item['amount'])}</li>"
            for item in cart["line_items"]
        )
        return f'<ul class="cart">{rows}</ul><p class="big">{dollars(cart["total"])}</p>'
    if action and action["status"] == "succeeded":
        return '<p class="big">Approved</p><p>Thank you</p>'
    if action and action["status"] == "failed":
        return f'<p class="big">Not paid</p><p>{escape(action["failure_message"] or "")}</p>'
    return '<p class="big">Welcome</p>'


def _card_form(reader: Json, action: Json) -> str:
    options = "".join(f'<option value="{name}">{text}</option>' for name, text in CARDS.items())
    may_tip = action["type"] == "process_payment_intent" and not (
        action["process_payment_intent"].get("process_config") or {}
    ).get("skip_tipping")
    tip = (
        '<label>Tip in cents <input name="tip" inputmode="numeric" pattern="[0-9]*" size="6"></label>'
        if may_tip
        else ""
    )
    return f"""<form method="post" action="/_sim/readers/{reader["id"]}" class="buttons">
<label>Card <select name="card">{options}</select></label>{tip}
<button class="main" name="do" value="tap">Tap card</button>
<button name="do" value="decline">Tap a declined card</button>
<button name="do" value="insert">Insert card</button>
<button name="do" value="cancel">Cancel</button>
<button name="do" value="unplug">Pull the plug</button>
<button name="do" value="tap_and_unplug">Tap, then pull the plug</button>
</form>"""


def _buttons(reader: Json, choices: dict[str, str]) -> str:
    buttons = "".join(f'<button name="do" value="{value}">{text}</button>' for value, text in choices.items())
    return f'<form method="post" action="/_sim/readers/{reader["id"]}" class="buttons">{buttons}</form>'


@view("POST /_sim/readers/{reader}")
def act(visit: Visit) -> Page | Json:
    """Do what was pressed: tap, decline, insert, cancel, unplug, plug_in or tap_and_unplug; JSON answers JSON."""
    account = visit.account
    is_form = "json" not in visit.content_type
    with account.store:
        account.catch_up()
        reader = terminal.find(account, visit.ids["reader"])
        try:
            _do(account, reader, visit.order)
        except ApiError as refusal:
            if not is_form:
                raise
            return redirect(f"/_sim/readers/{reader['id']}?problem={quote(str(refusal))}")
        reader = terminal.read_reader(account, {"reader": reader["id"]})
    return redirect(f"/_sim/readers/{reader['id']}") if is_form else reader_state(reader)


def reader_state(reader: Json) -> Json:
    return {"id": reader["id"], "status": reader["status"], "action": reader["action"]}


def _do(account: Account, reader: Json, order: Json) -> None:
    what = order.get("do")
    card = _card(str(order.get("card") or "visa"))
    tip = int(order.get("tip") or 0)
    if what == "unplug":
        presenting.unplug(account, reader)
    elif what == "plug_in":
        presenting.plug_in(account, reader)
    elif reader["status"] == "offline":
        raise invalid("The reader has no power.")
    elif what == "tap":
        presenting.hold(account, reader, card, tip=tip)
    elif what == "decline":
        presenting.hold(account, reader, cards.BY_NAME["chargedeclined"], tip=tip)
    elif what == "insert":
        presenting.insert(account, reader, card, tip=tip)
    elif what == "cancel":
        presenting.press_cancel(account, reader)
    elif what == "tap_and_unplug":
        reader["status"] = "offline"
        presenting.hold(account, reader, card, tip=tip)
    else:
        raise invalid("do must be tap, decline, insert, cancel, unplug, plug_in or tap_and_unplug", param="do")


def _card(name: str) -> Card:
    card = cards.by_token(name) or cards.BY_NUMBER.get(name)
    if card is None:
        raise invalid(f"There is no test card called {name}.", param="card")
    return card
