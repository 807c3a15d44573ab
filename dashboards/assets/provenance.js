/* Copies what a button stands beside. */
"use strict";
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copies]");
  if (!button || !navigator.clipboard) return;
  const words = document.getElementById(button.dataset.copies).textContent;
  navigator.clipboard.writeText(words).then(() => {
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1200);
  }, () => {});
});
