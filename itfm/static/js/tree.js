// <ul data-tree> becomes a tree for the keyboard (WAI-ARIA): up, down, Home and End move; right opens, left closes or
// goes up; Enter follows the link.
function items(tree) {
  return [...tree.querySelectorAll("[role=treeitem]")].filter((item) => item.offsetParent !== null);
}

function set(item, isOpen) {
  item.toggleAttribute("data-closed", !isOpen);
  item.setAttribute("aria-expanded", String(isOpen));
}

function focus(tree, item) {
  if (!item) return;
  for (const other of tree.querySelectorAll("[role=treeitem]")) other.tabIndex = other === item ? 0 : -1;
  item.focus();
}

function keyed(event) {
  const item = event.target.closest("[role=treeitem]");
  const tree = item?.closest("[data-tree]");
  if (!tree || event.ctrlKey || event.metaKey || event.altKey) return;
  const shown = items(tree);
  const at = shown.indexOf(item);
  const isBranch = item.hasAttribute("aria-expanded");
  const isOpen = item.getAttribute("aria-expanded") === "true";
  const deeds = {
    ArrowDown: () => focus(tree, shown[at + 1]),
    ArrowUp: () => focus(tree, shown[at - 1]),
    Home: () => focus(tree, shown[0]),
    End: () => focus(tree, shown.at(-1)),
    ArrowRight: () => isBranch && (isOpen ? focus(tree, shown[at + 1]) : set(item, true)),
    ArrowLeft: () =>
      isBranch && isOpen ? set(item, false) : focus(tree, item.parentElement.closest("[role=treeitem]")),
    Enter: () => item.querySelector(":scope > .tree-line a")?.click(),
  };
  if (!(event.key in deeds)) return;
  event.preventDefault();
  deeds[event.key]();
}

function bind() {
  for (const tree of document.querySelectorAll("[data-tree]:not([role])")) {
    tree.setAttribute("role", "tree");
    for (const list of tree.querySelectorAll("ul")) list.setAttribute("role", "group");
    for (const item of tree.querySelectorAll(".tree-node")) {
      item.setAttribute("role", "treeitem");
      item.tabIndex = -1;
      const label = item.querySelector(":scope > .tree-line > .tree-label");
      item.setAttribute("aria-label", item.querySelector(":scope > .tree-line").textContent.replace(/\s+/g, " ").trim());
      if (label.href) label.tabIndex = -1; // Enter on the item follows it: one stop for the keyboard
      if (label.hasAttribute("aria-current")) item.setAttribute("aria-current", "page");
      if (item.hasAttribute("data-branch")) item.setAttribute("aria-expanded", String(!item.hasAttribute("data-closed")));
    }
    const first = tree.querySelector("[role=treeitem][aria-current]") || tree.querySelector("[role=treeitem]");
    if (first) first.tabIndex = 0;
  }
}

document.addEventListener("keydown", keyed);
document.addEventListener("click", (event) => {
  const item = event.target.closest("[data-tree-toggle]")?.closest("[role=treeitem]");
  if (item) set(item, item.getAttribute("aria-expanded") !== "true");
});

bind();
for (const moment of ["htmx:after:swap", "itfm:content"]) document.addEventListener(moment, bind);
