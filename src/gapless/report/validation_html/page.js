"use strict";
// Niceties only: whatever is said here stands on the page without it, too.

// A line below each calendar says the chosen cell; arrow keys go from cell to cell.
for (const figure of document.querySelectorAll(".calendar")) {
  const probe = figure.querySelector(".probe");
  const idle = "Point at a cell, or choose a row and use the arrow keys.";
  let chosen = null;
  const choose = (cell) => {
    if (chosen) chosen.classList.remove("chosen");
    chosen = cell;
    cell.classList.add("chosen");
    probe.textContent = cell.querySelector("title").textContent;
  };
  probe.hidden = false;
  probe.textContent = idle;
  const cellOf = (event) => {
    const cell = event.target.closest("use");
    return cell && cell.querySelector("title") ? cell : null;
  };
  for (const name of ["click", "pointerover"]) {
    figure.addEventListener(name, (event) => {
      const cell = cellOf(event);
      if (cell) choose(cell);
    });
  }
  for (const row of figure.querySelectorAll("tbody svg[role=img]")) {
    const cells = [...row.querySelectorAll("use")];
    row.setAttribute("tabindex", "0");
    row.addEventListener("focus", () => {
      if (!cells.includes(chosen)) choose(cells[0]);
    });
    row.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const place = cells.indexOf(chosen) + step;
      choose(cells[Math.max(0, Math.min(cells.length - 1, place))]);
      chosen.scrollIntoView({ block: "nearest", inline: "nearest" });
    });
  }
}

// Where the browser lets us, a command is copied with one press.
if (navigator.clipboard) {
  for (const command of document.querySelectorAll(".command")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.addEventListener("click", () =>
      navigator.clipboard.writeText(command.querySelector("code").textContent).then(
        () => { button.textContent = "Copied"; },
        () => { button.textContent = "Select and copy"; },
      ));
    command.append(button);
  }
}
