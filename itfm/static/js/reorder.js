// Rows that are dragged into another place: <tbody data-reorder="form id"> of rows with data-number. What is dropped
// is sent with that form's fields `number` and `to`; without this script, buttons in the rows do the same.
addEventListener("DOMContentLoaded", () => {
  for (const list of document.querySelectorAll("[data-reorder]")) {
    for (const handle of list.querySelectorAll("[data-reorder-handle]")) handle.hidden = false;
    window.Sortable.create(list, {
      handle: "[data-reorder-handle]",
      animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 120,
      onEnd({ item, oldIndex, newIndex }) {
        if (oldIndex === newIndex) return;
        const form = document.getElementById(list.dataset.reorder);
        form.elements.number.value = item.dataset.number;
        form.elements.to.value = newIndex;
        form.requestSubmit();
      },
    });
  }
});
