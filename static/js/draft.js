// Keeps what was typed into <form data-draft="NAME"> in this tab, so that a person who was signed out in the middle finds it again.
// Only the same user gets it back. It is forgotten when the form was sent and answered to a signed-in person, on signing out on
// purpose, and when somebody else signs in. Passwords, files and hidden fields are never kept.
// data-draft-found: the sentence shown above the form when a draft was put back.
"use strict";

(() => {
  const prefix = "draft:";
  const owner = document.body.dataset.owner;
  const drafts = () => Object.keys(sessionStorage).filter((key) => key.startsWith(prefix));
  const load = (key) => JSON.parse(sessionStorage.getItem(key));
  const store = (key, draft) => sessionStorage.setItem(key, JSON.stringify(draft));
  const isKept = (element) => element.name && !["password", "file", "hidden", "submit", "button"].includes(element.type);
  const isChoice = (element) => ["checkbox", "radio"].includes(element.type);

  const read = (form) => [...form.elements].filter(isKept).map((element) => (
    { name: element.name, value: element.value, checked: isChoice(element) ? element.checked : null }
  ));

  const write = (form, values) => {
    for (const { name, value, checked } of values) {
      for (const element of [...form.elements].filter((candidate) => isKept(candidate) && candidate.name === name)) {
        if (checked === null) element.value = value;
        else if (element.value === value) element.checked = checked;
      }
    }
  };

  const announce = (form) => {
    const note = document.createElement("p");
    note.className = "rg-draft";
    note.setAttribute("role", "status");
    note.textContent = form.dataset.draftFound;
    form.before(note);
  };

  for (const form of document.querySelectorAll("form[data-sign-out]")) {
    form.addEventListener("submit", () => drafts().forEach((key) => sessionStorage.removeItem(key)));
  }

  if (!owner) {
    // Whoever sent a form and now sees a page for strangers was signed out: it did not arrive.
    for (const key of drafts()) store(key, { ...load(key), sent: false });
    return;
  }

  const mine = `${prefix}${owner}:`;
  for (const key of drafts()) {
    if (!key.startsWith(mine) || load(key).sent) sessionStorage.removeItem(key);
  }

  for (const form of document.querySelectorAll("form[data-draft]")) {
    const key = mine + form.dataset.draft;
    const draft = load(key);
    if (draft) {
      write(form, draft.values);
      if (form.dataset.draftFound) announce(form);
    }
    form.addEventListener("input", () => store(key, { values: read(form), sent: false }));
    form.addEventListener("submit", () => { if (load(key)) store(key, { ...load(key), sent: true }); });
  }
})();
