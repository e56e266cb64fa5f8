/* The kinds of log entries that an operator may look for: MESSAGE_ID in the journal, explained by
 * `journalctl -x` from vmpin.catalog. An id is for ever; a new kind gets one of its own
 * (systemd-id128 new). */
#ifndef AGENT_ENTRIES_H
#define AGENT_ENTRIES_H

#define ENTRY_SET           "ad639faedb36478581dba3c80cd78200"
#define ENTRY_HEALED        "e5fc85d1e83d4acb9287c41084f877de"
#define ENTRY_RETURNED      "938d2c0d72414e659475a26e1af70e90"
#define ENTRY_FAILED        "cc198f0d30f6499393fb7276f9656e58"
#define ENTRY_NOT_MADE      "fcd68ffcecca4d26b7d283fb3b69bc93"
#define ENTRY_REFUSED       "2d00ff0a457d413e8da2fe2daa6304fe"
#define ENTRY_MENDED        "df1038719ab34d6aa7a09610a41ce372"
#define ENTRY_FIGHT         "5431910795934ec8ad957698caa679ad"
#define ENTRY_POLICY_WRONG  "a1e78d1a7cd74c4d9f4f662d0b2e7bd9"
#define ENTRY_POLICY_MENDED "eb69b0495bc4423cb2e4cadfe35e531b"
#define ENTRY_CONNECTED     "a734a7c50c0544b6962e05cd86602cd6"
#define ENTRY_DISCONNECTED  "8b7ec08f064f498d842352e2a8075e79"
#define ENTRY_HELPER        "a3e1007c3d23433eae9326b9ec23137f"
#define ENTRY_EVENTS_LOST   "3864f40752b94156974736e1b23381d3"
#define ENTRY_UNWATCHED     "6df3cf5d1b72431f803f9cd05489591d"
#define ENTRY_MOVED         "8e7ca924687946739e73f9632e7e0aa0"

#endif
