// Asks before a page is left whose form (<form data-guard>) has been changed and not been sent.
// A form that came back unsaved is data-guard="dirty".
let isDirty = Boolean(document.querySelector('form[data-guard="dirty"]'));

document.addEventListener("input", (event) => {
  if (event.target.closest("form[data-guard]")) isDirty = true;
});

document.addEventListener("submit", (event) => {
  if (!event.defaultPrevented) isDirty = false;
});

addEventListener("beforeunload", (event) => {
  if (isDirty) event.preventDefault();
});
