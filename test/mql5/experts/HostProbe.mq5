//+------------------------------------------------------------------+
//|                                                    HostProbe.mq5 |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#property copyright "Copyright 2026, Trading Org"
#property version   "1.00"

#include <MT5Connector/Crypto/Bytes.mqh>

input string InpMode="";        // What to try
input int    InpNumber=3;       // A number
input bool   InpFlag=false;     // A flag
input double InpRatio=0.5;      // A ratio

class CBare
  {
public:
   uchar             m_bytes[4];
   int               m_value;
  };

CBare g_bare;
int   g_inits=0;
int   g_ticks=0;
int   g_timers=0;
int   g_transactions=0;
ulong g_first_order=0;
ulong g_last_order=0;

//+------------------------------------------------------------------+
//| Prints what memory holds that nobody wrote                       |
//+------------------------------------------------------------------+
void TryPoison(void)
  {
   uchar fixed[4];
   uchar grown[];
   CBare local;
   uint  value=0;
   if(ArrayResize(grown,2)!=2)
      return;
//--- some is written, so that no compiler can tell what is read
   for(int i=0; i<InpNumber-1; i++)
     {
      fixed[i]=1;
      local.m_bytes[i]=1;
     }
   Print("fixed ",(int)fixed[InpNumber]," grown ",(int)grown[1]," object ",(int)local.m_bytes[InpNumber]," global ",(int)g_bare.m_bytes[3]);
   ArrayFill(grown,0,2,7);
   if(ArrayResize(grown,1)!=1 || ArrayResize(grown,2)!=2)
      return;
   value=(uint)grown[0]*1000+(uint)grown[1];
   Print("regrown ",value);
  }
//+------------------------------------------------------------------+
//| Names what is not so                                             |
//+------------------------------------------------------------------+
void Check(const string name,const bool good)
  {
   if(!good)
      Print("FAILED: ",name);
  }
//+------------------------------------------------------------------+
//| Files: what is flushed survives, what is not does not; nothing outside the sandbox|
//+------------------------------------------------------------------+
void TryFiles(void)
  {
   uchar data[];
   uchar back[];
   Check("bytes",CBytes::FromHex("0102030405",data));
   int file=FileOpen("folder\\journal.bin",FILE_READ|FILE_WRITE|FILE_BIN);
   Check("open",file!=INVALID_HANDLE);
   Check("write",FileWriteArray(file,data,0,3)==3);
   Check("size",FileSize(file)==3 && FileTell(file)==3);
   Check("second opener",FileOpen("folder\\journal.bin",FILE_READ|FILE_WRITE|FILE_BIN)==INVALID_HANDLE);
   FileFlush(file);
   Check("seek",FileSeek(file,1,SEEK_SET));
   Check("resize",CBytes::Resize(back,2));
   Check("read",FileReadArray(file,back,0,2)==2 && (int)back[0]==2 && (int)back[1]==3);
   Check("write behind",FileSeek(file,0,SEEK_END) && FileWriteArray(file,data,3,2)==2 && FileSize(file)==5);
   Check("outside",FileOpen("..\\secret.bin",FILE_WRITE|FILE_BIN)==INVALID_HANDLE);
   Check("absent",FileOpen("absent.bin",FILE_READ|FILE_BIN)==INVALID_HANDLE && !FileIsExist("absent.bin"));
   Print("files done");
  }
//+------------------------------------------------------------------+
//| Prints what the getters say                                      |
//+------------------------------------------------------------------+
void TryGetters(void)
  {
   MqlTick tick={};
   MqlTick ticks[];
   bool    has_tick=SymbolInfoTick("EURUSD",tick);
   Print("account ",AccountInfoInteger(ACCOUNT_LOGIN)," ",AccountInfoString(ACCOUNT_CURRENCY)," ",DoubleToString(AccountInfoDouble(ACCOUNT_BALANCE),2));
   Print("margin mode ",EnumToString((ENUM_ACCOUNT_MARGIN_MODE)AccountInfoInteger(ACCOUNT_MARGIN_MODE)));
   Print("symbol ",SymbolInfoInteger("EURUSD",SYMBOL_DIGITS)," ",SymbolInfoInteger("EURUSD",SYMBOL_FILLING_MODE)," ",has_tick," ",DoubleToString(tick.bid,5));
   int count=CopyTicks("EURUSD",ticks,COPY_TICKS_ALL,(ulong)1700000000*1000+1,10);
   Print("ticks ",count);
   for(int i=0; i<PositionsTotal(); i++)
     {
      ulong ticket=PositionGetTicket(i);
      Print("position ",ticket," ",PositionGetString(POSITION_SYMBOL)," ",EnumToString((ENUM_POSITION_TYPE)PositionGetInteger(POSITION_TYPE))," ",DoubleToString(PositionGetDouble(POSITION_VOLUME),2));
     }
   Print("getters done");
  }
//+------------------------------------------------------------------+
//| Sends one order and reads the history                            |
//+------------------------------------------------------------------+
void TryTrade(void)
  {
   MqlTradeRequest request={};
   MqlTradeResult  result={};
   request.action=TRADE_ACTION_DEAL;
   request.symbol="EURUSD";
   request.volume=0.1;
   request.type=ORDER_TYPE_SELL;
   request.magic=~(ulong)0;
   request.type_filling=ORDER_FILLING_IOC;
   request.comment="probe";
   bool sent=OrderSendAsync(request,result);
   Print("async ",sent," ",result.retcode," ",result.request_id);
   if(!HistorySelect(0,2000000000))
      Print("no history");
   for(int i=0; i<HistoryDealsTotal(); i++)
     {
      ulong ticket=HistoryDealGetTicket(i);
      Print("deal ",ticket," ",EnumToString((ENUM_DEAL_ENTRY)HistoryDealGetInteger(ticket,DEAL_ENTRY))," ",DoubleToString(HistoryDealGetDouble(ticket,DEAL_PROFIT),2));
     }
   Print("trade done");
  }
//+------------------------------------------------------------------+
//| Runs what the input names                                        |
//+------------------------------------------------------------------+
int OnInit(void)
  {
   uchar one[1];
   int   zero=InpNumber-3;
   g_inits++;
   Print("init ",g_inits," ticks ",g_ticks," number ",InpNumber," flag ",InpFlag," ratio ",DoubleToString(InpRatio,2));
   if(InpMode=="bounds")
      one[InpNumber]=1;
   if(InpMode=="divide")
      Print(InpNumber/zero);
   if(InpMode=="poison")
      TryPoison();
   if(InpMode=="files")
      TryFiles();
   if(InpMode=="getters")
      TryGetters();
   if(InpMode=="refuse")
      return(INIT_FAILED);
   if(InpMode=="timer")
     {
      Print("timer 0 ",GetTickCount64());
      if(!EventSetMillisecondTimer(1))
         return(INIT_FAILED);
     }
   return(INIT_SUCCEEDED);
  }
//+------------------------------------------------------------------+
//| Says why                                                         |
//+------------------------------------------------------------------+
void OnDeinit(const int reason)
  {
   Print("deinit ",reason," ticks ",g_ticks," transactions ",g_transactions," stopped ",IsStopped());
  }
//+------------------------------------------------------------------+
//| A tick; the first one may take its time, so that others come meanwhile|
//+------------------------------------------------------------------+
void OnTick(void)
  {
   g_ticks++;
   Print("tick ",g_ticks);
   if(InpMode=="trade" && g_ticks==1)
      TryTrade();
   if(InpMode=="slow" && g_ticks==1)
     {
      Print("busy");
      while(PositionsTotal()==0 && !IsStopped())
         Sleep(1);
     }
  }
//+------------------------------------------------------------------+
//| Two ticks of the timer as the terminal gives them: what came due during the first is lost|
//+------------------------------------------------------------------+
void OnTimer(void)
  {
   g_timers++;
   ulong start=GetTickCount64();
   while(GetTickCount64()-start<100 && g_timers==1)
      Sleep(1);
   if(g_timers<=3)
      Print("timer ",g_timers," ",GetTickCount64());
  }
//+------------------------------------------------------------------+
//| Counts; the orders tell which ones came                          |
//+------------------------------------------------------------------+
void OnTradeTransaction(const MqlTradeTransaction &transaction,const MqlTradeRequest &request,const MqlTradeResult &result)
  {
   g_transactions++;
   if(transaction.type==TRADE_TRANSACTION_POSITION || transaction.type==TRADE_TRANSACTION_DEAL_ADD)
      Print("traded ",EnumToString(transaction.type)," positions ",PositionsTotal()," time ",TimeTradeServer()-TimeGMT());
   if(g_first_order==0)
      g_first_order=transaction.order;
   g_last_order=transaction.order;
   if(transaction.type==TRADE_TRANSACTION_REQUEST)
      Print("request ",result.request_id," ",request.magic," ",g_transactions," ",g_first_order," ",g_last_order);
  }
//+------------------------------------------------------------------+
