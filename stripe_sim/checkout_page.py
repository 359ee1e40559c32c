"""The page behind a Checkout Session, and the bank's page where a customer authenticates; both without JavaScript."""

from html import escape

from stripe_sim import cards, checkout, customers, payment_intents, payment_methods
from stripe_sim.account import Account
from stripe_sim.confirming import ask_bank, customer_came_back, set_up
from stripe_sim.errors import Json
from stripe_sim.pages import Page, Visit, dollars, frame, redirect, view

CHOICES = {
    "visa": "Visa •••• 4242, is accepted",
    "mastercard": "Mastercard •••• 4444, is accepted",
    "chargeDeclined": "Visa •••• 0002, is declined",
    "chargeDeclinedInsufficientFunds": "Visa •••• 9995, has insufficient funds",
    "chargeDeclinedExpiredCard": "Visa •••• 0069, has expired",
    "authenticationRequired": "Visa •••• 3184, the bank asks first",
    "chargeCustomerFail": "Visa •••• 0341, can be saved, is declined when charged",
}


@view("GET /c/pay/{session}")
def show(visit: Visit) -> Page:
    with visit.account.store:
        visit.account.catch_up()
        return _page(visit.account, checkout.find(visit.account, visit.ids["session"]))


def _page(account: Account, session: Json, *, problem: str = "", chosen: str = "visa", status: int = 200) -> Page:
    if session["status"] == "complete":
        return _ended(
            session,
            "This has been paid." if session["mode"] == "payment" else "The card has been saved.",
            "success_url",
        )
    if session["status"] == "expired":
        return _ended(session, "This page has expired.", "cancel_url")
    is_payment = session["mode"] == "payment"
    title = f"Pay {dollars(session['amount_total'])}" if is_payment else "Save a card"
    address = f"/c/pay/{session['id']}"
    content = f"""<h1>{title}</h1>
{_items(account, session) if is_payment else "<p>The card is kept for later payments.</p>"}
{f'<p class="problem" role="alert">{escape(problem)}</p>' if problem else ""}
<form method="post" action="{address}" class="pay">
<label>E-mail
<input type="email" name="email" autocomplete="email" required value="{escape(_email(account, session))}"></label>
<label>Name on the card <input name="name" autocomplete="cc-name" required value="Test Client"></label>
<fieldset><legend>Test card</legend>
{_cards(chosen)}
</fieldset>
<button class="main">{title}</button>
</form>
{f'<p><a href="{escape(session["cancel_url"])}">Back without paying</a></p>' if session["cancel_url"] else ""}"""
    return frame(title, content, status=status, leads_to=_exits(session))


def _items(account: Account, session: Json) -> str:
    rows = "".join(
        f"<tr><td>{item['quantity']} × {escape(item['description'])}</td>"
        f"<td class='sum'>{dollars(item['amount_total'])}</td></tr>"
        for item in account.store.all("item", _session=session["id"])
    )
    total = dollars(session["amount_total"])
    foot = f"<tr><th scope='row'>Total</th><td class='sum'>{total}</td></tr>"
    return f"<table><tbody>{rows}</tbody><tfoot>{foot}</tfoot></table>"


def _cards(chosen: str) -> str:
    return "\n".join(
        f'<label class="choice"><input type="radio" name="card" value="{name}"'
        f"{' checked' if name == chosen else ''}> {text}</label>"
        for name, text in CHOICES.items()
    )


def _email(account: Account, session: Json) -> str:
    if session["customer"]:
        customer = account.store.get("customer", session["customer"])
        return str(customer.get("email") or "client@example.com")
    return str(session["customer_email"] or "client@example.com")


def _exits(session: Json) -> tuple[str, ...]:
    return tuple(session[name] for name in ("success_url", "cancel_url") if session[name])


def _ended(session: Json, sentence: str, way_out: str) -> Page:
    url = _success(session) if way_out == "success_url" else session[way_out]
    link = f'<p><a href="{escape(url)}">Go on</a></p>' if url else ""
    return frame(sentence, f"<h1>{sentence}</h1>{link}")


def _success(session: Json) -> str:
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])


@view("POST /c/pay/{session}")
def pay(visit: Visit) -> Page:
    """Pay with the chosen card: on to `success_url`, to the bank's page, or the page again with what the bank said."""
    account, form = visit.account, visit.form
    with account.store:
        account.catch_up()
        session = checkout.find(account, visit.ids["session"])
        if session["status"] != "open":
            return _page(account, session)
        card = cards.by_token(form.get("card", "visa")) or cards.CARDS[0]
        billing = {"email": form.get("email"), "name": form.get("name")}
        method = payment_methods.new_card(account, card, billing=billing)
        session["_billing"] = billing
        if session["mode"] == "payment":
            error = _charge(account, session, method)
        else:
            setup = account.store.get("setup_intent", session["setup_intent"])
            error = set_up(account, setup | {"_authenticated": False}, method)
        account.store.put(session)
        if error:
            return _page(account, session, problem=error["message"], chosen=card.name, status=402)
        return _onwards(account, session)


def _charge(account: Account, session: Json, method: Json) -> Json | None:
    """The session's own intent, made at the first try and used again after a decline."""
    if session["payment_intent"]:
        intent = account.store.get("payment_intent", session["payment_intent"]) | {"_authenticated": False}
    else:
        intent = _open_intent(account, session)
        session["payment_intent"] = intent["id"]
    if session["customer"] and intent["setup_future_usage"]:
        intent["customer"] = session["customer"]
    return ask_bank(account, intent, method, off_session=False)


def _open_intent(account: Account, session: Json) -> Json:
    data = session["_intent"]
    if not session["customer"] and (session["customer_creation"] == "always" or "setup_future_usage" in data):
        made = customers.create(account, {"email": session["_billing"]["email"], "name": session["_billing"]["name"]})
        session["customer"] = made["id"]
    wanted = {
        name: data[name]
        for name in ("description", "metadata", "receipt_email", "setup_future_usage", "capture_method")
        if name in data
    }
    wanted |= {
        "amount": session["amount_total"],
        "currency": "usd",
        "allowed_payment_method_types": session["payment_method_types"],
    }
    if session["customer"]:
        wanted["customer"] = session["customer"]
    return payment_intents.create(account, wanted)


def _onwards(account: Account, session: Json) -> Page:
    name = "payment_intent" if session["mode"] == "payment" else "setup_intent"
    intent = account.store.get(name, session[name])
    if intent["status"] == "requires_action":
        account.store.put(intent | {"_session": session["id"]})
        return redirect(intent["next_action"]["redirect_to_url"]["url"])
    complete(account, session)
    return redirect(_success(session))


def complete(account: Account, session: Json) -> None:
    """The session is done: its intent succeeded."""
    address = dict(payment_methods.NO_ADDRESS)
    who = {"address": address, "phone": None, "tax_exempt": "none", "tax_ids": [], **session["_billing"]}
    who |= {"business_name": None, "individual_name": None}
    session.update(status="complete", customer_details=who, url=None)
    if session["mode"] == "payment":
        session["payment_status"] = "paid"
    account.emit("checkout.session.completed", account.store.put(session))


# The bank's page -----------------------------------------------------------------------------------------------------


@view("GET /_sim/3ds/{intent}")
def ask(visit: Visit) -> Page:
    with visit.account.store:
        intent = _intent(visit.account, visit.ids["intent"])
        back = _back(visit.account, intent)
    if intent["status"] != "requires_action":
        return frame(
            "Your bank", f"<h1>Your bank</h1><p>This is done.</p><p><a href='{escape(back or '/')}'>Go on</a></p>"
        )
    content = f"""<h1>Your bank</h1>
<p>Is it you who pays{" " + dollars(intent["amount"]) if "amount" in intent else ""}?</p>
<form method="post" action="/_sim/3ds/{intent["id"]}" class="buttons">
<button class="main" name="outcome" value="approved">Yes, go on</button>
<button name="outcome" value="refused">No, refuse</button>
</form>"""
    return frame("Your bank", content, leads_to=(back,))


def _intent(account: Account, intent_id: str) -> Json:
    return account.store.get("setup_intent" if intent_id.startswith("seti_") else "payment_intent", intent_id)


def _back(account: Account, intent: Json) -> str:
    if "_session" in intent:
        return str(checkout.find(account, intent["_session"])["success_url"])
    return str(intent.get("_return_url") or "")


@view("POST /_sim/3ds/{intent}")
def authenticated(visit: Visit) -> Page | Json:
    """The customer's answer; then back to Checkout, to the `return_url`, or (for tests) the intent."""
    account = visit.account
    with account.store:
        intent = _intent(account, visit.ids["intent"])
        error = None
        if intent["status"] == "requires_action":
            error = customer_came_back(account, intent, approved=visit.order.get("outcome", "approved") == "approved")
        if "_session" in intent:
            return _return_to_checkout(account, checkout.find(account, intent["_session"]), error)
        if intent.get("_return_url"):
            url = intent["_return_url"]
            return redirect(f"{url}{'&' if '?' in url else '?'}{intent['object']}={intent['id']}")
    return {"id": intent["id"], "status": intent["status"]}


def _return_to_checkout(account: Account, session: Json, error: Json | None) -> Page:
    if error:
        return _page(account, session, problem=error["message"], chosen="authenticationRequired", status=402)
    if session["status"] == "open":
        complete(account, session)
    return redirect(_success(session))
