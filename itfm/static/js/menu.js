// A menu (<details data-menu>) closes on Escape, giving the focus back, and when one looks elsewhere.
function others(target) {
  return [...document.querySelectorAll("details[data-menu][open]")].filter((menu) => !menu.contains(target));
}

document.addEventListener("click", (event) => {
  for (const menu of others(event.target)) menu.open = false;
});

document.addEventListener("focusin", (event) => {
  for (const menu of others(event.target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    menu.open = false;
    if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
  }
});
