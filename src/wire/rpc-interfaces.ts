/**
 * Names for the RPC interfaces that a domain controller, Exchange, Message Queuing or the transaction coordinator
 * registers with its endpoint mapper: a report that says `drsuapi` is read sooner than one with a UUID. Names are those
 * of the interface definitions (MS-* section "Standards Assignments" of each), in lower case; Exchange's own
 * interfaces, few of which are published, go by what they belong to.
 */

/** The usual name of an interface, given its UUID in lower case, or undefined for one that is not in the list. */
export function interfaceName(uuid: string): string | undefined {
  return INTERFACE_NAMES.get(uuid);
}

/** Every name of the list, each once, in the order of the list. */
export function interfaceNames(): readonly string[] {
  return [...new Set(INTERFACE_NAMES.values())];
}

const INTERFACE_NAMES: ReadonlyMap<string, string> = new Map([
  // DCE and every Windows server
  ["e1af8308-5d1f-11c9-91a4-08002b14a0fa", "epmapper"],
  ["afa8bd80-7d8a-11c9-bef4-08002b102989", "mgmt"],
  ["99fcfec4-5260-101b-bbcb-00aa0021347a", "iobjectexporter"],
  ["000001a0-0000-0000-c000-000000000046", "isystemactivator"],
  ["367abb81-9844-35f1-ad32-98f038001003", "svcctl"],
  ["338cd001-2244-31f1-aaaa-900038001003", "winreg"],
  ["4b324fc8-1670-01d3-1278-5a47bf6ee188", "srvsvc"],
  ["6bffd098-a112-3610-9833-46c3f87e345a", "wkssvc"],
  ["6bffd098-a112-3610-9833-012892020162", "browser"],
  ["12345678-1234-abcd-ef00-0123456789ab", "spoolss"],
  ["76f03f96-cdfd-44fc-a22c-64950a001209", "iremotewinspool"],
  ["1ff70682-0a51-30e8-076d-740be8cee98b", "atsvc"],
  ["86d35949-83c9-4044-b424-db363231fd0c", "itaskschedulerservice"],
  ["82273fdc-e32a-18c3-3f78-827929dc23ea", "eventlog"],
  ["f6beaff7-1e19-4fbb-9f8f-b89e2018337c", "eventlog6"],
  ["894de0c0-0d55-11d3-a322-00c04fa321a1", "initshutdown"],
  ["d95afe70-a6d5-4259-822e-2c84da1ddb0d", "windowsshutdown"],
  // Domain controllers
  ["e3514235-4b06-11d1-ab04-00c04fc2dcd2", "drsuapi"],
  ["12345678-1234-abcd-ef00-01234567cffb", "netlogon"],
  ["12345778-1234-abcd-ef00-0123456789ab", "lsarpc"],
  ["12345778-1234-abcd-ef00-0123456789ac", "samr"],
  ["3919286a-b10c-11d0-9ba8-00c04fd92ef5", "dssetup"],
  ["3dde7c30-165d-11d1-ab8f-00805f14db40", "backupkey"],
  ["50abc2a4-574d-40b3-9d66-ee4fd5fba076", "dnsserver"],
  ["4fc742e0-4a10-11cf-8273-00aa004ae673", "netdfs"],
  ["f5cc59b4-4264-101a-8c59-08002b2f8426", "frsrpc"],
  ["d049b186-814f-11d1-9a3c-00c04fc9b232", "frsapi"],
  ["897e2e5f-93f3-4376-9c9c-fd2277495c27", "frstransport"],
  ["f5cc5a18-4264-101a-8c59-08002b2f8426", "nspi"],
  ["f5cc5a7c-4264-101a-8c59-08002b2f8426", "xds"],
  ["ecec0d70-a603-11d0-96b1-00a0c91ece30", "directory backup"],
  ["16e0cf3a-a604-11d0-96b1-00a0c91ece30", "directory restore"],
  ["9c54e310-a955-4885-bd31-78787147dfa6", "unixinfo"],
  // Exchange
  ["a4f1db00-ca47-1067-b31f-00dd010662da", "exchange emsmdb"],
  ["5261574a-4572-206e-b268-6b199213b4e4", "exchange async emsmdb"],
  ["a4f1db00-ca47-1067-b31e-00dd010662da", "exchange store admin"],
  ["99e64010-b032-11d0-97a4-00c04fd6551d", "exchange store admin"],
  ["89742ace-a9ed-11cf-9c0c-08002be7ae86", "exchange store admin"],
  ["0e4a0156-dd5d-11d2-8c2f-00c04fb6bcde", "exchange information store"],
  ["1453c42c-0fa6-11d2-a910-00c04f990f3b", "exchange information store"],
  ["10f24e8e-0fa6-11d2-a910-00c04f990f3b", "exchange information store"],
  ["1544f5e0-613c-11d1-93df-00c04fd7bd09", "exchange directory referral"],
  ["9e8ee830-4459-11ce-979b-00aa005ffebe", "exchange mta"],
  ["38a94e72-a9bc-11d2-8faf-00c04fa378ff", "exchange mta queues"],
  ["469d6ec0-0d87-11ce-b13f-00aa003bac6c", "exchange system attendant"],
  ["83d72bf0-0d89-11ce-b13f-00aa003bac6c", "exchange system attendant private"],
  ["f930c514-1215-11d3-99a5-00a0c9b61b04", "exchange system attendant cluster"],
  // Message Queuing and the transaction coordinator
  ["fdb3a030-065f-11d1-bb9b-00a024ea5525", "qmcomm"],
  ["76d12b80-3467-11d3-91ff-0090272f9ea3", "qmcomm2"],
  ["77df7a80-f298-11d0-8358-00a024c480a8", "dscomm"],
  ["41208ee0-e970-11d1-9b9e-00e02c064c39", "qmmgmt"],
  ["1088a980-eae5-11d0-8d9b-00a02453c337", "qm2qm"],
  ["1a9134dd-7b39-45ba-ad88-44d01ca47f28", "remoteread"],
  ["906b0ce0-c70b-1067-b317-00dd010662da", "ixnremote"],
]);
