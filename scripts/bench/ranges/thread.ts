export function benchThread(): string {
  return "later";
}
