// <ol data-sortable>: put in order by dragging (SortableJS) or by the buttons in each item; see
// templates/components/sortable.html. Fires `itfm:sorted` and says where the item now stands. With data-sortable="form"
// the form of that id is sent instead, with its fields `number` (the item's data-number) and `to`: the server then moves.
function places(list) {
  return [...list.children].filter((item) => item.matches("[data-sortable-item]"));
}

function send(form, item, to) {
  form.elements.number.value = item.dataset.number;
  form.elements.to.value = to;
  form.requestSubmit();
}

function moved(list, item) {
  const items = places(list);
  const form = document.getElementById(list.dataset.sortable);
  if (form) return send(form, item, items.indexOf(item));
  const text = `${item.dataset.label}: place ${items.indexOf(item) + 1} of ${items.length}`;
  document.dispatchEvent(new CustomEvent("itfm:announce", { detail: text }));
  list.dispatchEvent(new CustomEvent("itfm:sorted", { bubbles: true }));
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-sortable] [data-move]");
  if (!button) return;
  event.preventDefault(); // without script the button sends the form
  const list = button.closest("[data-sortable]");
  const item = button.closest("[data-sortable-item]");
  const step = Number(button.dataset.move);
  const neighbor = places(list)[places(list).indexOf(item) + step];
  if (!neighbor) return;
  if (step < 0) neighbor.before(item);
  else neighbor.after(item);
  // At an end the button is gone; the other one takes the focus.
  const isGone = getComputedStyle(button).visibility === "hidden";
  (isGone ? item.querySelector(`[data-move="${-step}"]`) : button).focus();
  moved(list, item);
});

function bind() {
  for (const list of document.querySelectorAll("[data-sortable]")) {
    if (!window.Sortable || window.Sortable.get(list)) continue;
    window.Sortable.create(list, {
      animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 120,
      draggable: "[data-sortable-item]",
      ghostClass: "sortable-ghost",
      handle: "[data-sortable-handle]",
      onEnd: ({ item, oldIndex, newIndex }) => oldIndex !== newIndex && moved(list, item),
    });
  }
}

bind();
for (const moment of ["htmx:after:swap", "itfm:content"]) document.addEventListener(moment, bind);
