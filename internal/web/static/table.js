// Each table gets a box that filters its rows as one types. Without scripts the tables are whole, and the form above narrows them.
for (const table of document.querySelectorAll("table[data-filter]")) {
  const rows = [...table.tBodies[0].rows];
  if (rows.length < 8) continue;
  const box = document.createElement("input");
  box.type = "search";
  box.placeholder = "filter rows";
  box.className = "quick";
  box.setAttribute("aria-label", "Filter the rows of this table");
  box.addEventListener("input", () => {
    const wanted = box.value.toLowerCase();
    for (const row of rows) row.hidden = wanted !== "" && !row.textContent.toLowerCase().includes(wanted);
  });
  table.parentElement.before(box);
}
