//+------------------------------------------------------------------+
//|                                                       Limits.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_ZMTP_LIMITS_MQH
#define MT5CONNECTOR_ZMTP_LIMITS_MQH
#define ZMTP_GREETING_BYTES 64
#define ZMTP_SIGNATURE_BYTES 10
#define ZMTP_HEADER_BYTES 9
#define ZMTP_HANDSHAKE_FRAME_MAX 1024
#define ZMTP_FRAMES_MAX 16
#define ZMTP_PEERS_MAX 64
#define ZMTP_SUBSCRIPTIONS_MAX 4096
#define ZMTP_TOPIC_MAX 255
#define ZMTP_IDENTITY_MAX 255
#define ZMTP_PING_CONTEXT_MAX 16
#define ZMTP_CHUNK_BYTES 65536
#define ZMTP_CHUNKS_PER_TURN 4
#define ZMTP_GOODBYE_MS 1000
#define ZMTP_BACKLOG 64

#define ZMTP_FLAG_MORE 1
#define ZMTP_FLAG_LONG 2
#define ZMTP_FLAG_COMMAND 4

//+------------------------------------------------------------------+
//| Why a connection ended                                           |
//+------------------------------------------------------------------+
enum ENUM_ZMTP_FAULT
  {
   ZMTP_FAULT_NONE=0,
   ZMTP_FAULT_PEER_CLOSED=1,
   ZMTP_FAULT_PROTOCOL=2,
   ZMTP_FAULT_MECHANISM=3,
   ZMTP_FAULT_HANDSHAKE_TIMEOUT=4,
   ZMTP_FAULT_AUTHENTICATION=5,
   ZMTP_FAULT_TOO_LARGE=6,
   ZMTP_FAULT_SOCKET_TYPE=7,
   ZMTP_FAULT_HEARTBEAT=8,
   ZMTP_FAULT_OVERFLOW=9,
   ZMTP_FAULT_NO_ROOM=10,
   ZMTP_FAULT_CLOSED_HERE=11,
   ZMTP_FAULT_SYSTEM=12
  };

#define ZMTP_FAULT_KINDS 13

//+------------------------------------------------------------------+
//| What a server allows, in bytes and milliseconds                  |
//+------------------------------------------------------------------+
struct SZmtpOptions
  {
   int               peers_max;
   int               handshake_ms;
   int               heartbeat_ms;
   int               silence_ms;
   int               frame_max;
   int               message_max;
   int               queue_soft;
   int               queue_max;
   int               inbox_messages;
   int               inbox_bytes;
  };

//+------------------------------------------------------------------+
//| Sensible limits                                                  |
//+------------------------------------------------------------------+
class CZmtpDefaults
  {
public:
   static void       Fill(SZmtpOptions &options);
  };
//+------------------------------------------------------------------+
//| Sets every limit                                                 |
//+------------------------------------------------------------------+
static void CZmtpDefaults::Fill(SZmtpOptions &options)
  {
   options.peers_max=32;
   options.handshake_ms=3000;
   options.heartbeat_ms=5000;
   options.silence_ms=15000;
   options.frame_max=1048576;
   options.message_max=4194304;
   options.queue_soft=1048576;
   options.queue_max=16777216;
   options.inbox_messages=1024;
   options.inbox_bytes=8388608;
  }
#endif
//+------------------------------------------------------------------+
