"use strict";
// Tables sort by a press on a column's heading, and show the rows that hold what is typed above them.
for (const table of document.querySelectorAll("table.lively")) {
  const body = table.tBodies[0];
  const headings = [...table.tHead.rows[0].cells];
  const key = (row, at) => row.cells[at].dataset.value ?? row.cells[at].textContent;
  headings.forEach((heading, at) => {
    heading.firstElementChild.addEventListener("click", () => {
      const rising = heading.getAttribute("aria-sort") !== "ascending";
      const numeric = heading.classList.contains("number");
      headings.forEach((other) => other.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", rising ? "ascending" : "descending");
      const rows = [...body.rows].sort((a, b) => {
        const [x, y] = [key(a, at), key(b, at)];
        const order = numeric ? (x === "" ? -Infinity : Number(x)) - (y === "" ? -Infinity : Number(y)) || 0
          : x.localeCompare(y, undefined, { numeric: true });
        return rising ? order : -order;
      });
      body.append(...rows);
    });
  });
  const field = table.parentElement.previousElementSibling?.querySelector("input");
  field?.addEventListener("input", () => {
    const wanted = field.value.toLowerCase();
    for (const row of body.rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
  });
}
