/** What we call ourselves to services that log or ask who calls. A test holds it against package.json. */
export const USER_AGENT = "unity-probe/0.1.0";
