/** koffi, in a file of its own so that it can be loaded late and be missing: it is an optional dependency. */
export { default } from "koffi";
