/** Light, dark, or as the system has it; the choice is kept where the browser lets us. */

const THEMES = ["system", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];

const KEY = "unity-probe-theme";
const WORDS: Readonly<Record<Theme, string>> = { system: "system", light: "light", dark: "dark" };

/** Applies the kept theme, and the next one each time the button is pressed. */
export function themeSwitch(button: HTMLElement, root: HTMLElement): void {
  let theme = kept();
  const apply = (): void => {
    if (theme === "system") root.removeAttribute("data-theme");
    else root.setAttribute("data-theme", theme);
    button.textContent = `Theme: ${WORDS[theme]}`;
  };
  button.addEventListener("click", () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]!;
    keep(theme);
    apply();
  });
  apply();
}

/** A file that is opened from a disk, or a strict browser, may have no storage. */
function kept(): Theme {
  try {
    const value = localStorage.getItem(KEY);
    return THEMES.find((theme) => theme === value) ?? "system";
  } catch {
    return "system";
  }
}

function keep(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Then it holds as long as the page is open.
  }
}
