// Opens evidence in place and chooses what is shown. Without this, every link leads below the table.
const page = document.documentElement;
page.classList.add("js");

const dialog = document.querySelector("dialog");
const inside = dialog.querySelector("div");
function open() {
  const name = decodeURIComponent(location.hash.slice(1));
  const found = name && document.getElementById(name);
  if (!found || !found.closest(".evidence")) {
    dialog.close();
    return;
  }
  inside.replaceChildren(...found.cloneNode(true).childNodes);
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
}
addEventListener("hashchange", open);
dialog.addEventListener("close", () => {
  if (location.hash) history.pushState(null, "", location.href.split("#")[0]);
});
dialog.addEventListener("click", (e) => {
  if (e.target === dialog) dialog.close();
});
open();

const form = document.querySelector(".filters");
const search = form.querySelector("[type=search]");
const said = form.querySelector("output");
const bodies = [...document.querySelectorAll(".matrix tbody")];
function chosen(kind) {
  const boxes = form.querySelectorAll(`[data-${kind}]:checked`);
  return new Set([...boxes].map((box) => box.dataset[kind]));
}
function choose() {
  const levels = chosen("level");
  const verdicts = chosen("verdict");
  const subjects = form.querySelector("[data-subject]") && chosen("subject");
  for (const cell of document.querySelectorAll("[data-of]")) {
    cell.hidden = subjects && !subjects.has(cell.dataset.of);
  }
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let rules = 0;
  for (const body of bodies) {
    let some = false;
    for (const row of body.querySelectorAll("[data-level]")) {
      const text = row.cells[0].textContent.toLowerCase();
      const cells = [...row.cells].slice(1).filter((cell) => !cell.hidden);
      const shown =
        levels.has(row.dataset.level) &&
        words.every((word) => text.includes(word)) &&
        cells.some((cell) => verdicts.has(cell.classList[0]));
      row.hidden = !shown;
      some ||= shown;
      rules += shown;
    }
    body.hidden = !some;
  }
  said.value = `${rules} rule${rules === 1 ? "" : "s"}`;
}
form.addEventListener("input", choose);
form.addEventListener("submit", (e) => e.preventDefault());
choose();
