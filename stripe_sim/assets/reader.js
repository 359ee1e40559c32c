// Looks every second whether the reader's screen has changed, and leaves a form alone while somebody uses it.
const screen = document.getElementById("screen");
let shown = null;

async function look() {
  try {
    const answer = await fetch(`${location.pathname}?part=screen`, { cache: "no-store" });
    const html = await answer.text();
    if (answer.ok && html !== shown) {
      if (shown !== null) screen.innerHTML = html;
      shown = html;
    }
  } catch {
    // The stand-in is being restarted: look again.
  }
  setTimeout(look, 1000);
}
look();
