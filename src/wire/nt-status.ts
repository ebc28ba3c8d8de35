/** NTSTATUS (MS-ERREF section 2.3): the codes with which a server refuses to negotiate SMB. */

export const NT_STATUS = {
  success: 0x0000_0000,
  notSupported: 0xc000_00bb,
} as const;

/** The name of a status, or the status in hexadecimal digits. */
export function ntStatusName(status: number): string {
  return NAMES.get(status) ?? `status 0x${status.toString(16).padStart(8, "0")}`;
}

const NAMES: ReadonlyMap<number, string> = new Map([
  [NT_STATUS.success, "STATUS_SUCCESS"],
  [0xc000_0002, "STATUS_NOT_IMPLEMENTED"],
  [0xc000_000d, "STATUS_INVALID_PARAMETER"],
  [0xc000_0022, "STATUS_ACCESS_DENIED"],
  [NT_STATUS.notSupported, "STATUS_NOT_SUPPORTED"],
  [0xc000_00d0, "STATUS_REQUEST_NOT_ACCEPTED"],
  [0xc000_0205, "STATUS_INSUFF_SERVER_RESOURCES"],
]);
