// The page of the design system shows the toasts its buttons describe.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-sample-toast]");
  if (button) {
    document.dispatchEvent(new CustomEvent("itfm:toast", { detail: JSON.parse(button.dataset.sampleToast) }));
  }
});
