// Dialogs: <a href="#id" data-dialog-open> opens <dialog id data-dialog>; [data-dialog-close] and a click beside it
// close it. The browser keeps the focus inside and gives it back.
function open(dialog) {
  if (!dialog.open) dialog.showModal();
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog-open]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.dialogOpen || opener.hash?.slice(1));
    if (!dialog) return;
    event.preventDefault();
    open(dialog);
    return;
  }
  const dialog = event.target.closest("dialog[data-dialog], dialog[data-drawer]");
  if (!dialog?.open) return;
  // The backdrop belongs to the dialog: a click on it has the dialog itself as its target, outside of its box.
  const box = dialog.getBoundingClientRect();
  const isBeside =
    event.target === dialog &&
    (event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom);
  if (isBeside || event.target.closest("[data-dialog-close]")) dialog.close();
});

// The address may name a dialog, as a link without script does.
const named = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
if (named instanceof HTMLDialogElement) open(named);
