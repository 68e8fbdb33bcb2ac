/* A fragment of a page as text, asked for as htmx asks. Refused answers raise. */
async function fetchedPart(url, options = {}) {
  const headers = { "HX-Request": "true", "HX-Request-Type": "partial", ...options.headers };
  const answer = await fetch(url, { ...options, headers });
  if (!answer.ok || answer.redirected) throw new Error(`${answer.status} ${url}`);
  return answer.text();
}
