//+------------------------------------------------------------------+
//|                                                       Limits.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_LIMITS_MQH
#define MT5CONNECTOR_AGENT_LIMITS_MQH
#define AGENT_VERSION "1.0.0"
#define AGENT_SESSIONS_MAX 64
#define AGENT_SESSIONS_PER_CLIENT 16
#define AGENT_CHALLENGES_PER_CLIENT 16
#define AGENT_CHALLENGE_MS 10000
#define AGENT_LEASE_MS 15000
#define AGENT_PULSE_MS 1000
#define AGENT_STALL_MS 2000
#define AGENT_ACCOUNT_MS 250
#define AGENT_SCAN_MS 250
#define AGENT_HINT_MS 2
#define AGENT_TICKS_MS 10
#define AGENT_RETENTION_SCAN_MS 10000
#define AGENT_REFUSALS_LOG_MS 60000
#define AGENT_REQUEST_BYTES 1048576
#define AGENT_REPLY_BYTES 1048576
#define AGENT_HEAD_BYTES 16384
#define AGENT_HELLO_BYTES 65536
#define AGENT_PENDING_MAX 256
#define AGENT_AGE_MS 30000
#define AGENT_AHEAD_MS 2000
#define AGENT_COMMAND_TTL_MS 60000
#define AGENT_RESULT_MS 10000
#define AGENT_DEALS_MS 5000
#define AGENT_CLOSING_DEAL_MS 5000
#define AGENT_REPUBLISH_MS 1000
#define AGENT_HISTORY_SECONDS 3600
#define AGENT_HISTORY_WAIT_MS 120000
#define AGENT_GAP_MS 60000
#define AGENT_REACH_MS 600000
#define AGENT_KEPT_MS 7200000
#define AGENT_FUTURE_SECONDS 864000
#define AGENT_OUTCOMES_MAX 256
#define AGENT_DEALS_MAX 32
#define AGENT_SYMBOLS_MAX 1024
#define AGENT_TRACKED_MAX 1000
#define AGENT_RING_EVENTS 65536
#define AGENT_REFUSED_MAX 65536
#define AGENT_CURSOR_MS 30000
#define AGENT_CURSORS_MAX 32
#define AGENT_CURSORS_PER_SESSION 2
#define AGENT_TICKS_PER_BATCH 1000
#define AGENT_TICKS_PER_PAGE 65536
#define AGENT_TICKS_SKIP_MAX 1000000
#define AGENT_COMMANDS_PER_TURN 256
#define AGENT_COMMANDS_WAITING_MAX 10000
#define AGENT_UNANSWERED_MAX 128
#define AGENT_CLOSE_RESERVE 10000
#define AGENT_LOTS_UNITS 100000000.0
#define AGENT_COMMENT_MAX 31
#endif
//+------------------------------------------------------------------+
