//+------------------------------------------------------------------+
//|                                               TerminalReader.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_TERMINALREADER_MQH
#define MT5CONNECTOR_AGENT_TERMINALREADER_MQH
#include <MT5Connector/Agent/Limits.mqh>
#include <MT5Connector/Agent/Records.mqh>

//+------------------------------------------------------------------+
//| Reads the terminal's tables                                    |
//+------------------------------------------------------------------+
class CTerminalReader
  {
public:
   static long       BrokerMs(void) { return((long)TimeTradeServer()*1000); }
   static long       UtcMs(void);
   static string     Unready(const long login,const string server);
   static bool       Position(const ulong ticket,SPosition &position);
   static bool       PositionAt(const int index,SPosition &position);
   static bool       Order(const ulong ticket,SOrder &record);
   static bool       OrderAt(const int index,SOrder &record);
   static bool       SelectHistory(const long from_ms);
   static bool       HistoryOrderAt(const int index,SOrder &record);
   static bool       HistoryDealAt(const int index,SDeal &deal);
   static bool       Exists(const string symbol);
   static bool       IsHedging(void);
private:
   static void       FillPosition(const ulong ticket,SPosition &position);
   static void       FillOrder(const ulong ticket,SOrder &record);
  };
//+------------------------------------------------------------------+
//| Broker time without the offset of its zone, which is a whole number of quarters of an hour|
//+------------------------------------------------------------------+
static long CTerminalReader::UtcMs(void)
  {
   long broker=(long)TimeTradeServer();
   double quarters=MathRound((double)(broker-(long)TimeGMT())/900.0);
   return((broker-(long)quarters*900)*1000);
  }
//+------------------------------------------------------------------+
//| Why the terminal's tables cannot be believed; empty if they can|
//+------------------------------------------------------------------+
static string CTerminalReader::Unready(const long login,const string server)
  {
   long now_login=AccountInfoInteger(ACCOUNT_LOGIN);
   if(TerminalInfoInteger(TERMINAL_CONNECTED)==0)
      return("The terminal is not connected to its trade server");
   if(now_login==0)
      return("The terminal is not logged in");
   if(login!=0 && (now_login!=login || AccountInfoString(ACCOUNT_SERVER)!=server))
      return("The terminal is logged in to account "+(string)now_login+", not to "+(string)login);
   return("");
  }
//+------------------------------------------------------------------+
//| The selected position                                          |
//+------------------------------------------------------------------+
static void CTerminalReader::FillPosition(const ulong ticket,SPosition &position)
  {
   position.ticket=ticket;
   position.identifier=(ulong)PositionGetInteger(POSITION_IDENTIFIER);
   position.symbol=PositionGetString(POSITION_SYMBOL);
   position.side=(int)PositionGetInteger(POSITION_TYPE);
   position.volume=PositionGetDouble(POSITION_VOLUME);
   position.price_open=PositionGetDouble(POSITION_PRICE_OPEN);
   position.price_current=PositionGetDouble(POSITION_PRICE_CURRENT);
   position.stop_loss=PositionGetDouble(POSITION_SL);
   position.take_profit=PositionGetDouble(POSITION_TP);
   position.profit=PositionGetDouble(POSITION_PROFIT);
   position.swap=PositionGetDouble(POSITION_SWAP);
   position.magic=(ulong)PositionGetInteger(POSITION_MAGIC);
   position.comment=PositionGetString(POSITION_COMMENT);
   position.reason=(int)PositionGetInteger(POSITION_REASON);
   position.open_ms=PositionGetInteger(POSITION_TIME_MSC);
   position.update_ms=PositionGetInteger(POSITION_TIME_UPDATE_MSC);
  }
//+------------------------------------------------------------------+
//| A position by its ticket                                       |
//+------------------------------------------------------------------+
static bool CTerminalReader::Position(const ulong ticket,SPosition &position)
  {
   if(!PositionSelectByTicket(ticket))
      return(false);
   FillPosition(ticket,position);
   return(true);
  }
//+------------------------------------------------------------------+
//| A position by its place                                        |
//+------------------------------------------------------------------+
static bool CTerminalReader::PositionAt(const int index,SPosition &position)
  {
   ulong ticket=PositionGetTicket(index);
   if(ticket==0)
      return(false);
   FillPosition(ticket,position);
   return(true);
  }
//+------------------------------------------------------------------+
//| The selected order                                             |
//+------------------------------------------------------------------+
static void CTerminalReader::FillOrder(const ulong ticket,SOrder &record)
  {
   record.ticket=ticket;
   record.symbol=OrderGetString(ORDER_SYMBOL);
   record.kind=(int)OrderGetInteger(ORDER_TYPE);
   record.state=(int)OrderGetInteger(ORDER_STATE);
   record.volume_initial=OrderGetDouble(ORDER_VOLUME_INITIAL);
   record.volume_current=OrderGetDouble(ORDER_VOLUME_CURRENT);
   record.price=OrderGetDouble(ORDER_PRICE_OPEN);
   record.price_stoplimit=OrderGetDouble(ORDER_PRICE_STOPLIMIT);
   record.stop_loss=OrderGetDouble(ORDER_SL);
   record.take_profit=OrderGetDouble(ORDER_TP);
   record.time_in_force=(int)OrderGetInteger(ORDER_TYPE_TIME);
   record.filling=(int)OrderGetInteger(ORDER_TYPE_FILLING);
   record.magic=(ulong)OrderGetInteger(ORDER_MAGIC);
   record.comment=OrderGetString(ORDER_COMMENT);
   record.reason=(int)OrderGetInteger(ORDER_REASON);
   record.position=(ulong)OrderGetInteger(ORDER_POSITION_ID);
   record.position_by=(ulong)OrderGetInteger(ORDER_POSITION_BY_ID);
   record.setup_ms=OrderGetInteger(ORDER_TIME_SETUP_MSC);
   record.done_ms=0;
   record.expiration_ms=OrderGetInteger(ORDER_TIME_EXPIRATION)*1000;
  }
//+------------------------------------------------------------------+
//| An active order by its ticket                                  |
//+------------------------------------------------------------------+
static bool CTerminalReader::Order(const ulong ticket,SOrder &record)
  {
   if(!OrderSelect(ticket))
      return(false);
   FillOrder(ticket,record);
   return(true);
  }
//+------------------------------------------------------------------+
//| An active order by its place                                   |
//+------------------------------------------------------------------+
static bool CTerminalReader::OrderAt(const int index,SOrder &record)
  {
   ulong ticket=OrderGetTicket(index);
   if(ticket==0)
      return(false);
   FillOrder(ticket,record);
   return(true);
  }
//+------------------------------------------------------------------+
//| Selects what ended or was made at or after a broker time       |
//+------------------------------------------------------------------+
static bool CTerminalReader::SelectHistory(const long from_ms)
  {
   datetime from=0;
   datetime to=TimeTradeServer()+(datetime)AGENT_FUTURE_SECONDS;
   if(from_ms>0)
      from=(datetime)(from_ms/1000);
   return(HistorySelect(from,to));
  }
//+------------------------------------------------------------------+
//| A finished order of the selected history                       |
//+------------------------------------------------------------------+
static bool CTerminalReader::HistoryOrderAt(const int index,SOrder &record)
  {
   ulong ticket=HistoryOrderGetTicket(index);
   if(ticket==0)
      return(false);
   record.ticket=ticket;
   record.symbol=HistoryOrderGetString(ticket,ORDER_SYMBOL);
   record.kind=(int)HistoryOrderGetInteger(ticket,ORDER_TYPE);
   record.state=(int)HistoryOrderGetInteger(ticket,ORDER_STATE);
   record.volume_initial=HistoryOrderGetDouble(ticket,ORDER_VOLUME_INITIAL);
   record.volume_current=HistoryOrderGetDouble(ticket,ORDER_VOLUME_CURRENT);
   record.price=HistoryOrderGetDouble(ticket,ORDER_PRICE_OPEN);
   record.price_stoplimit=HistoryOrderGetDouble(ticket,ORDER_PRICE_STOPLIMIT);
   record.stop_loss=HistoryOrderGetDouble(ticket,ORDER_SL);
   record.take_profit=HistoryOrderGetDouble(ticket,ORDER_TP);
   record.time_in_force=(int)HistoryOrderGetInteger(ticket,ORDER_TYPE_TIME);
   record.filling=(int)HistoryOrderGetInteger(ticket,ORDER_TYPE_FILLING);
   record.magic=(ulong)HistoryOrderGetInteger(ticket,ORDER_MAGIC);
   record.comment=HistoryOrderGetString(ticket,ORDER_COMMENT);
   record.reason=(int)HistoryOrderGetInteger(ticket,ORDER_REASON);
   record.position=(ulong)HistoryOrderGetInteger(ticket,ORDER_POSITION_ID);
   record.position_by=(ulong)HistoryOrderGetInteger(ticket,ORDER_POSITION_BY_ID);
   record.setup_ms=HistoryOrderGetInteger(ticket,ORDER_TIME_SETUP_MSC);
   record.done_ms=HistoryOrderGetInteger(ticket,ORDER_TIME_DONE_MSC);
   record.expiration_ms=HistoryOrderGetInteger(ticket,ORDER_TIME_EXPIRATION)*1000;
   return(true);
  }
//+------------------------------------------------------------------+
//| A deal of the selected history                                 |
//+------------------------------------------------------------------+
static bool CTerminalReader::HistoryDealAt(const int index,SDeal &deal)
  {
   ulong ticket=HistoryDealGetTicket(index);
   if(ticket==0)
      return(false);
   deal.ticket=ticket;
   deal.order=(ulong)HistoryDealGetInteger(ticket,DEAL_ORDER);
   deal.position=(ulong)HistoryDealGetInteger(ticket,DEAL_POSITION_ID);
   deal.symbol=HistoryDealGetString(ticket,DEAL_SYMBOL);
   deal.kind=(int)HistoryDealGetInteger(ticket,DEAL_TYPE);
   deal.entry=(int)HistoryDealGetInteger(ticket,DEAL_ENTRY);
   deal.volume=HistoryDealGetDouble(ticket,DEAL_VOLUME);
   deal.price=HistoryDealGetDouble(ticket,DEAL_PRICE);
   deal.profit=HistoryDealGetDouble(ticket,DEAL_PROFIT);
   deal.commission=HistoryDealGetDouble(ticket,DEAL_COMMISSION);
   deal.swap=HistoryDealGetDouble(ticket,DEAL_SWAP);
   deal.fee=HistoryDealGetDouble(ticket,DEAL_FEE);
   deal.stop_loss=HistoryDealGetDouble(ticket,DEAL_SL);
   deal.take_profit=HistoryDealGetDouble(ticket,DEAL_TP);
   deal.magic=(ulong)HistoryDealGetInteger(ticket,DEAL_MAGIC);
   deal.comment=HistoryDealGetString(ticket,DEAL_COMMENT);
   deal.reason=(int)HistoryDealGetInteger(ticket,DEAL_REASON);
   deal.time_ms=HistoryDealGetInteger(ticket,DEAL_TIME_MSC);
   return(true);
  }
//+------------------------------------------------------------------+
//| Whether the terminal knows a symbol of exactly this name       |
//+------------------------------------------------------------------+
static bool CTerminalReader::Exists(const string symbol)
  {
   long digits=0;
   if(symbol=="")
      return(false);
   return(SymbolInfoInteger(symbol,SYMBOL_DIGITS,digits));
  }
//+------------------------------------------------------------------+
//| Whether positions of one symbol stand beside one another       |
//+------------------------------------------------------------------+
static bool CTerminalReader::IsHedging(void)
  {
   return(AccountInfoInteger(ACCOUNT_MARGIN_MODE)==(long)ACCOUNT_MARGIN_MODE_RETAIL_HEDGING);
  }
#endif
//+------------------------------------------------------------------+
