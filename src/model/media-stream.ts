/** Short streams that look like voice, between us and the far end: what is asked for, and what was seen of each way. */

export interface StreamAsk {
  /** Of the far end. */
  readonly port: number;
  /** 1 to 500. */
  readonly packets: number;
  /** From one packet to the next, 5 to 100. */
  readonly intervalMs: number;
  /** Payload of each datagram, 44 to 1,400. */
  readonly bytes: number;
  /** What both sides mark their packets with (RFC 2474), 0 to 63. */
  readonly dscp: number;
}

/** The far end answers each packet that arrives, so that one stream shows both ways. */
export interface StreamSeen {
  readonly out: StreamWay;
  readonly back: StreamWay;
  /** From a packet to its answer, the median; absent when none came back. */
  readonly roundTripMs?: number;
}

/** Packets are counted once; `reordered` as RFC 4737 section 3 does: after one that was sent later. */
export interface StreamWay {
  /** Packets that left. */
  readonly sent: number;
  readonly received: number;
  readonly duplicates: number;
  readonly reordered: number;
  /** Interarrival jitter as RFC 3550 A.8 has it after the last packet; absent below two packets. */
  readonly jitterMs?: number;
  /** Absent: the sender's system cannot mark packets. */
  readonly dscpSent?: number;
  /** Absent: the receiver's system does not tell, or nothing arrived. */
  readonly dscpSeen?: readonly DscpCount[];
}

export interface DscpCount {
  readonly dscp: number;
  readonly packets: number;
}

/**
 * Why there was no stream. Not a fact about the network. `lost`: the far end is. `unannounced`: it cannot be told of one.
 * The others are what may become of a port that the far end is to bind; `no-resources` also where our own side has no
 * socket.
 */
export interface NoStream {
  readonly why:
    | "in-use"
    | "busy"
    | "not-listed"
    | "not-permitted"
    | "no-resources"
    | "unannounced"
    | "lost"
    | "interrupted";
}

/** Streams to several ports of one row, taken together. */
export interface MediaSeen {
  /** Ports to which there was a stream, ascending. */
  readonly ports: readonly number[];
  readonly out: MediaWay;
  readonly back: MediaWay;
  /** The longest of the streams' medians. */
  readonly roundTripMs?: number;
  /** Ports to which there was none, by what hindered it. */
  readonly without: Readonly<Partial<Record<NoStream["why"], readonly number[]>>>;
}

/** Sums of all streams; the jitter is that of the worst. */
export interface MediaWay extends StreamWay {
  /** Absent where nothing left. */
  readonly lossPercent?: number;
  /** Ports of which every packet was lost on this way. */
  readonly allLost: readonly number[];
}
