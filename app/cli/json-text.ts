/**
 * JSON for a person or a script, indented, with a line feed at the end. DEL and the C1 controls, which JSON lets through and a
 * terminal acts on, are escaped like the other control characters.
 */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value, undefined, 2)
  return `${text.replace(/[\u007f-\u009f]/g, (control) => `\\u00${control.charCodeAt(0).toString(16)}`)}\n`
}
