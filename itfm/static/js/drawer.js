// A drawer shows the page a link leads to: <a href data-drawer-open="id"> beside <dialog id data-drawer>.
// With Ctrl, Shift or the middle button the link does what links do.
let asked = 0;

function skeleton() {
  const box = document.createElement("div");
  box.className = "drawer-loading";
  for (let line = 0; line < 5; line += 1) {
    const bar = document.createElement("span");
    bar.className = "skeleton";
    box.append(bar);
  }
  return box;
}

function failure(address) {
  const box = document.createElement("p");
  box.className = "failure";
  box.setAttribute("role", "alert");
  const link = document.createElement("a");
  link.href = address;
  link.textContent = "Open it as a page";
  box.append("This could not be loaded. Close it and try again, or: ", link, ".");
  return box;
}

async function part(address) {
  const response = await fetch(address, { headers: { "HX-Request": "true" }, credentials: "same-origin" });
  // A login that ran out answers with the page of the login: that is no part of this one.
  if (!response.ok || response.redirected) throw new Error(String(response.status));
  const answer = new DOMParser().parseFromString(await response.text(), "text/html");
  const found = answer.querySelector("[data-drawer-part]");
  return found ? [document.adoptNode(found)] : [...answer.body.childNodes].map((node) => document.adoptNode(node));
}

async function show(drawer, address) {
  const body = drawer.querySelector("[data-drawer-body]");
  const number = (asked += 1);
  body.replaceChildren(skeleton());
  body.setAttribute("aria-busy", "true");
  if (!drawer.open) drawer.showModal();
  let nodes;
  try {
    nodes = await part(address);
  } catch {
    nodes = [failure(address)];
  }
  if (number !== asked) return; // another figure has been asked for since
  body.replaceChildren(...nodes);
  body.removeAttribute("aria-busy");
  body.scrollTop = 0;
  window.htmx?.process(body);
  body.dispatchEvent(new CustomEvent("itfm:content", { bubbles: true }));
  body.focus();
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-drawer-open]");
  if (!opener || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const drawer = document.getElementById(opener.dataset.drawerOpen);
  if (!drawer) return;
  event.preventDefault();
  if (opener.hash && opener.pathname === location.pathname && opener.search === location.search) drawer.showModal();
  else show(drawer, opener.href);
});
