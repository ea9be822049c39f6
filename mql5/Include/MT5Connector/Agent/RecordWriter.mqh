//+------------------------------------------------------------------+
//|                                                 RecordWriter.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_RECORDWRITER_MQH
#define MT5CONNECTOR_AGENT_RECORDWRITER_MQH
#include <MT5Connector/Agent/TerminalReader.mqh>

const string g_margin_modes[]={"netting","exchange","hedging"};
const string g_account_modes[]={"demo","contest","real"};
const string g_stopout_modes[]={"percent","money"};
const string g_symbol_modes[]={"disabled","longOnly","shortOnly","closeOnly","full"};
const string g_executions[]={"request","instant","market","exchange"};

//+------------------------------------------------------------------+
//| Writes records as src/domain/records.ts has them               |
//+------------------------------------------------------------------+
class CRecordWriter
  {
public:
   static void       Number(CJsonWriter &json,const string name,const double value);
   static void       Integer(CJsonWriter &json,const string name,const long value);
   static void       Word(CJsonWriter &json,const string name,const string value);
   static void       Ticket(CJsonWriter &json,const string name,const ulong value);
   static void       Flag(CJsonWriter &json,const string name,const bool value);
   static void       Position(CJsonWriter &json,const SPosition &position);
   static void       OrderRecord(CJsonWriter &json,const SOrder &record);
   static void       Deal(CJsonWriter &json,const SDeal &deal);
   static void       Account(CJsonWriter &json);
   static void       Terminal(CJsonWriter &json);
   static bool       SymbolRecord(CJsonWriter &json,const string symbol);
private:
   static void       Sessions(CJsonWriter &json,const string symbol,const bool quotes);
   static string     CalcMode(const string symbol);
  };
//+------------------------------------------------------------------+
//| A number                                                       |
//+------------------------------------------------------------------+
static void CRecordWriter::Number(CJsonWriter &json,const string name,const double value)
  {
   json.Name(name);
   json.Double(value);
  }
//+------------------------------------------------------------------+
//| A whole number                                                 |
//+------------------------------------------------------------------+
static void CRecordWriter::Integer(CJsonWriter &json,const string name,const long value)
  {
   json.Name(name);
   json.Long(value);
  }
//+------------------------------------------------------------------+
//| A text                                                         |
//+------------------------------------------------------------------+
static void CRecordWriter::Word(CJsonWriter &json,const string name,const string value)
  {
   json.Name(name);
   json.Text(value);
  }
//+------------------------------------------------------------------+
//| A 64-bit integer as text                                       |
//+------------------------------------------------------------------+
static void CRecordWriter::Ticket(CJsonWriter &json,const string name,const ulong value)
  {
   json.Name(name);
   json.UlongText(value);
  }
//+------------------------------------------------------------------+
//| true or false                                                  |
//+------------------------------------------------------------------+
static void CRecordWriter::Flag(CJsonWriter &json,const string name,const bool value)
  {
   json.Name(name);
   json.Bool(value);
  }
//+------------------------------------------------------------------+
//| A position                                                     |
//+------------------------------------------------------------------+
static void CRecordWriter::Position(CJsonWriter &json,const SPosition &position)
  {
   json.BeginObject();
   Ticket(json,"ticket",position.ticket);
   Ticket(json,"identifier",position.identifier);
   Word(json,"symbol",position.symbol);
   Word(json,"side",CNames::At(g_sides,position.side,"buy"));
   Number(json,"volume",position.volume);
   Number(json,"priceOpen",position.price_open);
   Number(json,"priceCurrent",position.price_current);
   Number(json,"stopLoss",position.stop_loss);
   Number(json,"takeProfit",position.take_profit);
   Number(json,"profit",position.profit);
   Number(json,"swap",position.swap);
   Ticket(json,"magic",position.magic);
   Word(json,"comment",position.comment);
   Word(json,"reason",CNames::At(g_reasons,position.reason,"client"));
   Integer(json,"openBrokerMs",position.open_ms);
   Integer(json,"updateBrokerMs",position.update_ms);
   json.EndObject();
  }
//+------------------------------------------------------------------+
//| An order                                                       |
//+------------------------------------------------------------------+
static void CRecordWriter::OrderRecord(CJsonWriter &json,const SOrder &record)
  {
   json.BeginObject();
   Ticket(json,"ticket",record.ticket);
   Word(json,"symbol",record.symbol);
   Word(json,"kind",CNames::At(g_kinds,record.kind,"buy"));
   Word(json,"state",CNames::At(g_states,record.state,"started"));
   Number(json,"volumeInitial",record.volume_initial);
   Number(json,"volumeCurrent",record.volume_current);
   Number(json,"price",record.price);
   Number(json,"priceStopLimit",record.price_stoplimit);
   Number(json,"stopLoss",record.stop_loss);
   Number(json,"takeProfit",record.take_profit);
   Word(json,"timeInForce",CNames::At(g_lifetimes,record.time_in_force,"gtc"));
   Word(json,"filling",CNames::At(g_fillings,record.filling,"fok"));
   Ticket(json,"magic",record.magic);
   Word(json,"comment",record.comment);
   Word(json,"reason",CNames::At(g_reasons,record.reason,"client"));
   Ticket(json,"position",record.position);
   Ticket(json,"positionBy",record.position_by);
   Integer(json,"setupBrokerMs",record.setup_ms);
   Integer(json,"doneBrokerMs",record.done_ms);
   Integer(json,"expirationBrokerMs",record.expiration_ms);
   json.EndObject();
  }
//+------------------------------------------------------------------+
//| A deal                                                         |
//+------------------------------------------------------------------+
static void CRecordWriter::Deal(CJsonWriter &json,const SDeal &deal)
  {
   json.BeginObject();
   Ticket(json,"ticket",deal.ticket);
   Ticket(json,"order",deal.order);
   Ticket(json,"position",deal.position);
   Word(json,"symbol",deal.symbol);
   Word(json,"kind",CNames::At(g_deal_kinds,deal.kind,"other"));
   Word(json,"entry",CNames::At(g_entries,deal.entry,"in"));
   Number(json,"volume",deal.volume);
   Number(json,"price",deal.price);
   Number(json,"profit",deal.profit);
   Number(json,"commission",deal.commission);
   Number(json,"swap",deal.swap);
   Number(json,"fee",deal.fee);
   Number(json,"stopLoss",deal.stop_loss);
   Number(json,"takeProfit",deal.take_profit);
   Ticket(json,"magic",deal.magic);
   Word(json,"comment",deal.comment);
   Word(json,"reason",CNames::At(g_reasons,deal.reason,"client"));
   Integer(json,"timeBrokerMs",deal.time_ms);
   json.EndObject();
  }
//+------------------------------------------------------------------+
//| The account as it is now                                       |
//+------------------------------------------------------------------+
static void CRecordWriter::Account(CJsonWriter &json)
  {
   json.BeginObject();
   Ticket(json,"login",(ulong)AccountInfoInteger(ACCOUNT_LOGIN));
   Word(json,"name",AccountInfoString(ACCOUNT_NAME));
   Word(json,"server",AccountInfoString(ACCOUNT_SERVER));
   Word(json,"company",AccountInfoString(ACCOUNT_COMPANY));
   Word(json,"currency",AccountInfoString(ACCOUNT_CURRENCY));
   Integer(json,"currencyDigits",AccountInfoInteger(ACCOUNT_CURRENCY_DIGITS));
   Integer(json,"leverage",AccountInfoInteger(ACCOUNT_LEVERAGE));
   Word(json,"marginMode",CNames::At(g_margin_modes,(int)AccountInfoInteger(ACCOUNT_MARGIN_MODE),"netting"));
   Word(json,"tradeMode",CNames::At(g_account_modes,(int)AccountInfoInteger(ACCOUNT_TRADE_MODE),"real"));
   Number(json,"balance",AccountInfoDouble(ACCOUNT_BALANCE));
   Number(json,"credit",AccountInfoDouble(ACCOUNT_CREDIT));
   Number(json,"profit",AccountInfoDouble(ACCOUNT_PROFIT));
   Number(json,"equity",AccountInfoDouble(ACCOUNT_EQUITY));
   Number(json,"margin",AccountInfoDouble(ACCOUNT_MARGIN));
   Number(json,"freeMargin",AccountInfoDouble(ACCOUNT_MARGIN_FREE));
   Number(json,"marginLevel",AccountInfoDouble(ACCOUNT_MARGIN_LEVEL));
   Word(json,"stopOutMode",CNames::At(g_stopout_modes,(int)AccountInfoInteger(ACCOUNT_MARGIN_SO_MODE),"percent"));
   Number(json,"marginCall",AccountInfoDouble(ACCOUNT_MARGIN_SO_CALL));
   Number(json,"stopOut",AccountInfoDouble(ACCOUNT_MARGIN_SO_SO));
   Flag(json,"tradeAllowed",AccountInfoInteger(ACCOUNT_TRADE_ALLOWED)!=0);
   Flag(json,"expertAllowed",AccountInfoInteger(ACCOUNT_TRADE_EXPERT)!=0);
   json.EndObject();
  }
//+------------------------------------------------------------------+
//| The terminal and its permissions, one by one                   |
//+------------------------------------------------------------------+
static void CRecordWriter::Terminal(CJsonWriter &json)
  {
   json.BeginObject();
   Integer(json,"build",TerminalInfoInteger(TERMINAL_BUILD));
   Word(json,"name",TerminalInfoString(TERMINAL_NAME));
   Word(json,"company",TerminalInfoString(TERMINAL_COMPANY));
   Flag(json,"connected",TerminalInfoInteger(TERMINAL_CONNECTED)!=0);
   Flag(json,"terminalTradeAllowed",TerminalInfoInteger(TERMINAL_TRADE_ALLOWED)!=0);
   Flag(json,"expertTradeAllowed",MQLInfoInteger(MQL_TRADE_ALLOWED)!=0);
   Flag(json,"accountTradeAllowed",AccountInfoInteger(ACCOUNT_TRADE_ALLOWED)!=0);
   Flag(json,"accountExpertAllowed",AccountInfoInteger(ACCOUNT_TRADE_EXPERT)!=0);
   Flag(json,"dllsAllowed",MQLInfoInteger(MQL_DLLS_ALLOWED)!=0);
   json.EndObject();
  }
//+------------------------------------------------------------------+
//| Spans of the week in minutes from Sunday 00:00; what meets at midnight is one span|
//+------------------------------------------------------------------+
static void CRecordWriter::Sessions(CJsonWriter &json,const string symbol,const bool quotes)
  {
   long start=-1;
   long end=-1;
   json.BeginList();
   for(int day=0; day<7; day++)
     {
      for(uint index=0; index<32; index++)
        {
         datetime from=0;
         datetime to=0;
         bool there=false;
         if(quotes)
            there=SymbolInfoSessionQuote(symbol,(ENUM_DAY_OF_WEEK)day,index,from,to);
         else
            there=SymbolInfoSessionTrade(symbol,(ENUM_DAY_OF_WEEK)day,index,from,to);
         if(!there)
            break;
         long begins=day*1440+(long)from/60;
         long ends=day*1440+(long)to/60;
         if(begins==end)
           {
            end=ends;
            continue;
           }
         if(start>=0)
           {
            json.BeginObject();
            Integer(json,"fromMinute",start);
            Integer(json,"toMinute",end);
            json.EndObject();
           }
         start=begins;
         end=ends;
        }
     }
   if(start>=0)
     {
      json.BeginObject();
      Integer(json,"fromMinute",start);
      Integer(json,"toMinute",end);
      json.EndObject();
     }
   json.EndList();
  }
//+------------------------------------------------------------------+
//| How profit and margin are calculated; values of this enumeration are not documented|
//+------------------------------------------------------------------+
static string CRecordWriter::CalcMode(const string symbol)
  {
   long mode=SymbolInfoInteger(symbol,SYMBOL_TRADE_CALC_MODE);
   if(mode==(long)SYMBOL_CALC_MODE_FOREX)
      return("forex");
   if(mode==(long)SYMBOL_CALC_MODE_FOREX_NO_LEVERAGE)
      return("forexNoLeverage");
   if(mode==(long)SYMBOL_CALC_MODE_FUTURES || mode==(long)SYMBOL_CALC_MODE_EXCH_FUTURES || mode==(long)SYMBOL_CALC_MODE_EXCH_FUTURES_FORTS)
      return("futures");
   if(mode==(long)SYMBOL_CALC_MODE_CFDINDEX)
      return("cfdIndex");
   if(mode==(long)SYMBOL_CALC_MODE_CFDLEVERAGE)
      return("cfdLeverage");
   if(mode==(long)SYMBOL_CALC_MODE_EXCH_STOCKS || mode==(long)SYMBOL_CALC_MODE_EXCH_STOCKS_MOEX)
      return("stocks");
   //--- the protocol has no name of their own for bonds and collateral, which are securities of an exchange, too
   if(mode==(long)SYMBOL_CALC_MODE_EXCH_BONDS || mode==(long)SYMBOL_CALC_MODE_EXCH_BONDS_MOEX || mode==(long)SYMBOL_CALC_MODE_SERV_COLLATERAL)
      return("stocks");
   if(mode!=(long)SYMBOL_CALC_MODE_CFD)
      Print("MT5Connector: ",symbol," has the calculation mode ",mode,", which is not documented; it is told as cfd");
   return("cfd");
  }
//+------------------------------------------------------------------+
//| A symbol; false if there is none of that name                  |
//+------------------------------------------------------------------+
static bool CRecordWriter::SymbolRecord(CJsonWriter &json,const string symbol)
  {
   double margin=0.0;
   if(!CTerminalReader::Exists(symbol))
      return(false);
   int fillings=(int)SymbolInfoInteger(symbol,SYMBOL_FILLING_MODE);
   int lifetimes=(int)SymbolInfoInteger(symbol,SYMBOL_EXPIRATION_MODE);
   if(!OrderCalcMargin(ORDER_TYPE_BUY,symbol,1.0,SymbolInfoDouble(symbol,SYMBOL_ASK),margin))
      margin=0.0;
   json.BeginObject();
   Word(json,"name",symbol);
   Word(json,"description",SymbolInfoString(symbol,SYMBOL_DESCRIPTION));
   Word(json,"path",SymbolInfoString(symbol,SYMBOL_PATH));
   Word(json,"currencyBase",SymbolInfoString(symbol,SYMBOL_CURRENCY_BASE));
   Word(json,"currencyProfit",SymbolInfoString(symbol,SYMBOL_CURRENCY_PROFIT));
   Word(json,"currencyMargin",SymbolInfoString(symbol,SYMBOL_CURRENCY_MARGIN));
   Integer(json,"digits",SymbolInfoInteger(symbol,SYMBOL_DIGITS));
   Number(json,"point",SymbolInfoDouble(symbol,SYMBOL_POINT));
   Number(json,"tickSize",SymbolInfoDouble(symbol,SYMBOL_TRADE_TICK_SIZE));
   Number(json,"tickValue",SymbolInfoDouble(symbol,SYMBOL_TRADE_TICK_VALUE));
   Number(json,"contractSize",SymbolInfoDouble(symbol,SYMBOL_TRADE_CONTRACT_SIZE));
   Number(json,"volumeMin",SymbolInfoDouble(symbol,SYMBOL_VOLUME_MIN));
   Number(json,"volumeMax",SymbolInfoDouble(symbol,SYMBOL_VOLUME_MAX));
   Number(json,"volumeStep",SymbolInfoDouble(symbol,SYMBOL_VOLUME_STEP));
   Number(json,"volumeLimit",SymbolInfoDouble(symbol,SYMBOL_VOLUME_LIMIT));
   Integer(json,"spread",SymbolInfoInteger(symbol,SYMBOL_SPREAD));
   Integer(json,"stopsLevel",SymbolInfoInteger(symbol,SYMBOL_TRADE_STOPS_LEVEL));
   Integer(json,"freezeLevel",SymbolInfoInteger(symbol,SYMBOL_TRADE_FREEZE_LEVEL));
   Word(json,"tradeMode",CNames::At(g_symbol_modes,(int)SymbolInfoInteger(symbol,SYMBOL_TRADE_MODE),"disabled"));
   Word(json,"execution",CNames::At(g_executions,(int)SymbolInfoInteger(symbol,SYMBOL_TRADE_EXEMODE),"request"));
   json.Name("filling");
   json.BeginList();
   for(int i=0; i<2; i++)
      if((fillings&(1<<i))!=0)
         json.Text(g_fillings[i]);
   json.EndList();
   json.Name("timeInForce");
   json.BeginList();
   for(int k=0; k<4; k++)
      if((lifetimes&(1<<k))!=0)
         json.Text(g_lifetimes[k]);
   json.EndList();
   Word(json,"calcMode",CalcMode(symbol));
   Number(json,"marginInitial",SymbolInfoDouble(symbol,SYMBOL_MARGIN_INITIAL));
   Number(json,"marginPerLot",margin);
   Number(json,"swapLong",SymbolInfoDouble(symbol,SYMBOL_SWAP_LONG));
   Number(json,"swapShort",SymbolInfoDouble(symbol,SYMBOL_SWAP_SHORT));
   Flag(json,"selected",SymbolInfoInteger(symbol,SYMBOL_SELECT)!=0);
   json.Name("quoteSessions");
   Sessions(json,symbol,true);
   json.Name("tradeSessions");
   Sessions(json,symbol,false);
   json.EndObject();
   return(true);
  }
#endif
//+------------------------------------------------------------------+
