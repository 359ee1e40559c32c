// The card on the page follows what is typed. Everything here works without it.
const form = document.getElementById("gift-form");
const part = (name) => document.querySelector(`[data-preview="${name}"]`);
const value = (name) => form.elements[name].value.trim();

function worth() {
  const chosen = form.querySelector('input[name="what"]:checked');
  const typed = value("amount").replace(/^\$/, "");
  if (!chosen || chosen.value === "other") {
    return typed ? [`$${typed}`, typed] : ["Gift card", ""];
  }
  return [chosen.dataset.label, chosen.dataset.price];
}

function named(word, name) {
  const bdi = document.createElement("bdi");
  bdi.textContent = name;
  return name ? [`${word} `, bdi, " "] : [];
}

function show() {
  const [label, price] = worth();
  part("worth").textContent = label;
  part("pay").textContent = price ? `Pay $${price}` : "Go on to pay";
  part("names").replaceChildren(...named("For", value("recipient_name")), ...named("from", value("buyer_name")));
  const picture = form.querySelector('input[name="design"]:checked');
  if (picture) {
    part("panel").src = picture.parentElement.querySelector("img").src;
  }
}

form.addEventListener("input", (event) => {
  if (event.target.name === "amount" && event.target.value) {
    form.querySelector('input[name="what"][value="other"]').checked = true;
  }
  show();
});
// Paid once is enough: a second tap on the way to Stripe's page does nothing.
form.addEventListener("submit", (event) => {
  if (form.dataset.sent) {
    event.preventDefault();
  }
  form.dataset.sent = "yes";
});
addEventListener("pageshow", () => delete form.dataset.sent);
document.getElementById("mistakes")?.focus();
show();
