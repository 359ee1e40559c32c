"""Customers."""

from stripe_sim.account import Account, listing, merge_metadata, new_id, operation
from stripe_sim.errors import Json, invalid

KEPT = ("address", "description", "email", "name", "phone", "preferred_locales", "shipping", "tax_exempt", "balance")
KNOWS = " ".join((*KEPT, "metadata", "invoice_settings"))


@operation("POST /v1/customers", KNOWS)
def create(account: Account, params: Json) -> Json:
    customer = account.new(
        "customer",
        "cus",
        balance=0,
        delinquent=False,
        tax_exempt="none",
        preferred_locales=[],
        invoice_prefix=new_id("SIM", 6).upper(),
        next_invoice_sequence=1,
        invoice_settings={
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
    )
    _take(account, customer, params)
    account.emit("customer.created", account.store.put(customer))
    return customer


def _take(account: Account, customer: Json, params: Json) -> None:
    customer.update({name: params[name] for name in KEPT if name in params})
    chosen = (params.get("invoice_settings") or {}).get("default_payment_method")
    if chosen:
        method = account.store.get("payment_method", chosen, param="invoice_settings[default_payment_method]")
        if method["customer"] != customer["id"]:
            message = f"The customer does not have a payment method with the ID {chosen}."
            raise invalid(message, param="invoice_settings[default_payment_method]", code="resource_missing")
        customer["invoice_settings"]["default_payment_method"] = chosen
    merge_metadata(customer, params)


@operation("GET /v1/customers/{customer}")
def read(account: Account, params: Json) -> Json:
    """The customer, or the stub that is left of a deleted one."""
    return account.store.get("customer", params["customer"])


def present(account: Account, customer_id: str) -> Json:
    """A customer that exists and is not deleted, named by a parameter `customer`."""
    customer = account.store.get("customer", customer_id, param="customer")
    if customer.get("deleted"):
        raise invalid(f"No such customer: '{customer_id}'", param="customer", code="resource_missing")
    return customer


@operation("POST /v1/customers/{customer}", KNOWS)
def update(account: Account, params: Json) -> Json:
    customer = present(account, params["customer"])
    _take(account, customer, params)
    account.emit("customer.updated", account.store.put(customer), before={})
    return customer


@operation("DELETE /v1/customers/{customer}")
def delete(account: Account, params: Json) -> Json:
    customer = present(account, params["customer"])
    account.emit("customer.deleted", customer)
    for method in account.store.all("payment_method", customer=customer["id"]):
        account.store.put(method | {"customer": None, "_used_up": True})
    stub = {"id": customer["id"], "object": "customer", "deleted": True}
    account.store.put(stub)
    return stub


@operation("GET /v1/customers", "email")
def list_all(account: Account, params: Json) -> Json:
    answer = listing(account, "customer", params, "/v1/customers", email=params.get("email"))
    answer["data"] = [customer for customer in answer["data"] if not customer.get("deleted")]
    return answer
