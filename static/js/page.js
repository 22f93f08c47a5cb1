// What every page may use: the folding navigation, the account menu, copy buttons, the summary of a form's errors.
"use strict";

for (const button of document.querySelectorAll("[data-toggle]")) {
  button.addEventListener("click", () => {
    button.setAttribute("aria-expanded", String(button.getAttribute("aria-expanded") !== "true"));
  });
}

for (const menu of document.querySelectorAll("details[data-menu]")) {
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}

for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  const label = button.textContent;
  button.hidden = false;
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = button.dataset.copied;
    setTimeout(() => { button.textContent = label; }, 3000);
  });
}

document.querySelector("[data-error-summary]")?.focus();

// allauth's passkey script reports here when the browser's dialogue ended without a key.
document.addEventListener("allauth.error", (event) => {
  const note = document.querySelector("[data-passkey-problem]");
  if (!note) return;
  event.preventDefault();
  note.hidden = false;
});
