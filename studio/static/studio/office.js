// Gives fields in tables their column's words as a name: the stock pages leave them without one for screen readers.

function columnOf(cell) {
  const head = cell.closest("table").tHead?.rows[0]?.cells[cell.cellIndex];
  return (head?.querySelector(".text") ?? head)?.firstElementChild?.textContent.trim() || head?.textContent.trim() || "";
}

function nameFields(row) {
  const what = row.querySelector("th a, .original p")?.textContent.trim() ?? "";
  for (const field of row.querySelectorAll("td :is(input, select, textarea):not([type='hidden'], [aria-label])")) {
    if (field.labels?.length || !field.closest("td")) continue;
    field.setAttribute("aria-label", [columnOf(field.closest("td")), what].filter(Boolean).join(", "));
  }
}

addEventListener("load", () => {
  document.querySelectorAll("#result_list tbody tr, .tabular tbody tr").forEach(nameFields);
  document.querySelectorAll(".help-tooltip[aria-label]").forEach((hint) => hint.setAttribute("role", "img"));
});
document.addEventListener("formset:added", (event) => nameFields(event.target));
