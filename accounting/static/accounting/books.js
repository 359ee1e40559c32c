/* The pages work without this; with it a link can be copied and the page printed. */

const acts = {
  print: () => window.print(),
  copy: async (button) => {
    await navigator.clipboard.writeText(location.href);
    const words = button.textContent;
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = words), 2000);
  },
};

for (const button of document.querySelectorAll("button.scripted")) {
  if (button.dataset.act === "copy" && !navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", () => acts[button.dataset.act](button));
}
