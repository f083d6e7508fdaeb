/** The address when it may become a link: absolute, http or https. Anything else is `null` and is shown without a link. */
export function safeUrl(address: string): URL | null {
  try {
    const url = new URL(address);
    return url.protocol === 'https:' || url.protocol === 'http:' ? url : null;
  } catch {
    return null;
  }
}

/** `en.wikipedia.org › wiki › Piano`: short enough to read, complete enough to trust. */
export function readableAddress(url: URL): string {
  return [url.host.replace(/^www\./, ''), ...url.pathname.split('/').filter(Boolean).map(decode)].join(' › ');
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part).replaceAll('_', ' ');
  } catch {
    return part;
  }
}
