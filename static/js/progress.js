// Follows long work: fetches the page's own address again and puts the answer's progress element in place of the one shown.
// When the answer has no address any more the work is over, and the page is loaded anew with its results.
"use strict";

(() => {
  const wait = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

  const follow = async (element) => {
    let pause = 1000;
    while (element.dataset.progressUrl) {
      await wait(document.hidden ? 10000 : pause);
      pause = Math.min(pause * 1.2, 5000);
      try {
        const answer = await fetch(element.dataset.progressUrl, { headers: { Accept: "text/html" } });
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const next = page.getElementById(element.id);
        if (!answer.ok) { pause = 5000; continue; }
        if (!next || !next.dataset.progressUrl) { window.location.reload(); return; }
        if (next.innerHTML !== element.innerHTML) pause = 1000;
        element.dataset.progressUrl = next.dataset.progressUrl;
        element.innerHTML = next.innerHTML;
      } catch {
        pause = 5000;
      }
    }
  };

  for (const element of document.querySelectorAll("[data-progress-url]")) follow(element);
})();
