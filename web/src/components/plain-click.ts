/** Follows a link inside the page; with a modifier key or another button the browser does what it always does. */
export function onPlainClick(action: () => void) {
  return (event: MouseEvent) => {
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    action();
  };
}
