/**
 * The search operation of LDAP (RFC 4511 section 4.5), as far as it takes to ask a server about itself: the search for
 * the root entry (RFC 4512 section 5.1), the filters that this and the domain controller's UDP ping need
 * (MS-ADTS section 6.3.3), and entries as answers. Aliases are never followed, limits never set; on reading, those
 * fields are passed over.
 */
import {
  applicationTag,
  childAt,
  contextTag,
  decodeInteger,
  decodeOctets,
  decodeText,
  type Element,
  encodeBoolean,
  encodeElement,
  encodeInteger,
  encodeOctets,
  encodeSequence,
  encodeSet,
  TAG,
} from "./ber.ts";
import { utf8Text, WireError } from "./bytes.ts";

export const SEARCH_REQUEST = applicationTag(3);
export const SEARCH_ENTRY = applicationTag(4);

const FILTER = {
  and: contextTag(0, "constructed"),
  equality: contextTag(3, "constructed"),
  present: contextTag(7),
} as const;

export interface SearchRequest {
  readonly type: "searchRequest";
  readonly baseObject: string;
  /** 0 the entry itself, 1 one level below it, 2 the whole subtree. */
  readonly scope: number;
  readonly filter: LdapFilter;
  /** Names of the attributes wanted; none asks for all. */
  readonly attributes: readonly string[];
}

export type LdapFilter =
  | { readonly type: "present"; readonly attribute: string }
  | { readonly type: "equality"; readonly attribute: string; readonly value: Uint8Array }
  | { readonly type: "and"; readonly filters: readonly LdapFilter[] };

export interface SearchEntry {
  readonly type: "searchEntry";
  readonly objectName: string;
  readonly attributes: readonly LdapAttribute[];
}

export interface LdapAttribute {
  readonly name: string;
  readonly values: readonly Uint8Array[];
}

/** The search for attributes of the root entry, which a server answers about itself, also without a bind. */
export function rootDseSearch(attributes: readonly string[]): SearchRequest {
  const filter = { type: "present", attribute: "objectClass" } as const;
  return { type: "searchRequest", baseObject: "", scope: 0, filter, attributes };
}

/** The values of an entry's attribute as text, none if it is absent; names compare without case. */
export function attributeTexts(entry: SearchEntry, name: string): readonly string[] {
  const wanted = name.toLowerCase();
  const attribute = entry.attributes.find((candidate) => candidate.name.toLowerCase() === wanted);
  return attribute?.values.map(utf8Text) ?? [];
}

export function encodeSearchRequest(request: SearchRequest): Uint8Array {
  return encodeElement(
    SEARCH_REQUEST,
    encodeOctets(request.baseObject),
    encodeInteger(request.scope, TAG.enumerated),
    encodeInteger(0, TAG.enumerated), // derefAliases: never
    encodeInteger(0), // sizeLimit: none
    encodeInteger(0), // timeLimit: none
    encodeBoolean(false), // typesOnly
    encodeFilter(request.filter),
    encodeSequence(...request.attributes.map((name) => encodeOctets(name))),
  );
}

export function decodeSearchRequest(element: Element): SearchRequest {
  return {
    type: "searchRequest",
    baseObject: decodeText(childAt(element, 0)),
    scope: decodeInteger(childAt(element, 1), TAG.enumerated),
    filter: decodeFilter(childAt(element, 6)),
    attributes: childAt(element, 7, TAG.sequence).children.map((name) => decodeText(name)),
  };
}

export function encodeSearchEntry(entry: SearchEntry): Uint8Array {
  const attributes = entry.attributes.map(({ name, values }) =>
    encodeSequence(encodeOctets(name), encodeSet(...values.map((value) => encodeOctets(value)))),
  );
  return encodeElement(SEARCH_ENTRY, encodeOctets(entry.objectName), encodeSequence(...attributes));
}

export function decodeSearchEntry(element: Element): SearchEntry {
  return {
    type: "searchEntry",
    objectName: decodeText(childAt(element, 0)),
    attributes: childAt(element, 1, TAG.sequence).children.map((attribute) => ({
      name: decodeText(childAt(attribute, 0)),
      values: childAt(attribute, 1, TAG.set).children.map((value) => decodeOctets(value)),
    })),
  };
}

function encodeFilter(filter: LdapFilter): Uint8Array {
  switch (filter.type) {
    case "present":
      return encodeOctets(filter.attribute, FILTER.present);
    case "equality":
      return encodeElement(FILTER.equality, encodeOctets(filter.attribute), encodeOctets(filter.value));
    case "and":
      return encodeElement(FILTER.and, ...filter.filters.map(encodeFilter));
  }
}

/** Recursion ends because elements nest at most `MAX_DEPTH` deep. */
function decodeFilter(element: Element): LdapFilter {
  switch (element.tag) {
    case FILTER.present:
      return { type: "present", attribute: decodeText(element, FILTER.present) };
    case FILTER.equality: {
      const value = decodeOctets(childAt(element, 1));
      return { type: "equality", attribute: decodeText(childAt(element, 0)), value };
    }
    case FILTER.and:
      return { type: "and", filters: element.children.map(decodeFilter) };
    default:
      throw new WireError("unsupported", "an LDAP filter that is not spoken here", element.offset);
  }
}
