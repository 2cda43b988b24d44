/** Style sheets as text: nothing links a file in TensorBoard's stub page, and its policy allows constructed sheets. */
export function adopt(css: string): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}
