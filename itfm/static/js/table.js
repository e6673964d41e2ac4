// A table that was sorted says so: htmx has swapped the section, and the focus is back on the link in its head.
document.addEventListener("htmx:after:swap", () => {
  const link = document.activeElement?.closest("[data-table] .sort");
  const order = link?.closest("[data-table]").dataset.sortedBy;
  if (order) document.dispatchEvent(new CustomEvent("itfm:announce", { detail: `Sorted by ${order}` }));
});

// The order is part of the address; going back loads the page as it was.
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-table] .sort");
  if (link && window.htmx && !event.ctrlKey && !event.metaKey && !event.shiftKey) history.pushState({ table: true }, "", link.href);
});
window.addEventListener("popstate", (event) => {
  if (event.state?.table || (document.querySelector("[data-table]") && !location.hash)) location.reload();
});
