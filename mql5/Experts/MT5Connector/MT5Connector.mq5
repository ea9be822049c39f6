//+------------------------------------------------------------------+
//|                                                 MT5Connector.mq5 |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#property copyright "Copyright 2026, Trading Org"
#property version   "1.00"
#property description "The agent of @trading-org/mt5-connector: see docs/agent-mql5.md"

#include <MT5Connector/Agent/Agent.mqh>

input string InpSettings="mt5-connector.ini"; // Settings file in MQL5\Files

//--- one agent, in an array so that it can be made anew: the terminal keeps globals when only the inputs change
CAgent g_agents[];
string g_told="";

//+------------------------------------------------------------------+
//| What the expert may not do, with what to do about it; empty if it may do everything|
//+------------------------------------------------------------------+
string MissingPermission(void)
  {
   if(MQLInfoInteger(MQL_TESTER)!=0)
      return("the agent needs a live chart; it does not run in the strategy tester");
   if(TerminalInfoInteger(TERMINAL_DLLS_ALLOWED)==0 || MQLInfoInteger(MQL_DLLS_ALLOWED)==0)
      return("DLL imports are off; allow them in the expert's properties (ws2_32.dll, bcrypt.dll and kernel32.dll are parts of Windows)");
   if(MQLInfoInteger(MQL_TRADE_ALLOWED)==0)
      Print("MT5Connector: algorithmic trading is off for this expert; orders will be rejected until it is allowed");
   return("");
  }
//+------------------------------------------------------------------+
//| Whether the agent serves                                       |
//+------------------------------------------------------------------+
bool Serves(void)
  {
   return(ArraySize(g_agents)==1 && g_agents[0].Serves());
  }
//+------------------------------------------------------------------+
//| Starts, or goes on with the same epoch and sessions after a change of the chart|
//+------------------------------------------------------------------+
int OnInit(void)
  {
   if(!Serves())
     {
      string missing=MissingPermission();
      if(missing!="")
        {
         Alert("MT5Connector cannot start: "+missing);
         return(INIT_FAILED);
        }
      ArrayFree(g_agents);
      g_told="";
      if(ArrayResize(g_agents,1)!=1 || !g_agents[0].Load(InpSettings))
         return(INIT_FAILED);
     }
   if(!EventSetMillisecondTimer(g_agents[0].TimerMs()))
     {
      Alert("MT5Connector cannot start: the terminal gives no timer");
      return(INIT_FAILED);
     }
   return(INIT_SUCCEEDED);
  }
//+------------------------------------------------------------------+
//| Closes everything, unless only the chart changes               |
//+------------------------------------------------------------------+
void OnDeinit(const int reason)
  {
   EventKillTimer();
   //--- one that still waits for the terminal holds the journal already, and is made anew
   if((reason!=REASON_CHARTCHANGE || !Serves()) && ArraySize(g_agents)==1)
      g_agents[0].Stop();
  }
//+------------------------------------------------------------------+
//| Begins to serve as soon as the terminal's tables can be believed|
//+------------------------------------------------------------------+
bool Begin(void)
  {
   string unready=g_agents[0].WhyNotReady();
   if(unready!="")
     {
      if(g_told!=unready)
         Print("MT5Connector waits: ",unready);
      g_told=unready;
      return(false);
     }
   if(!g_agents[0].Start())
     {
      ExpertRemove();
      return(false);
     }
   if(!g_agents[0].Serves())
      return(false);
   Print("MT5Connector serves ",g_agents[0].Ports()," epoch ",g_agents[0].Epoch());
   if(!g_agents[0].FlushesDisk())
      Print("MT5Connector: the journal survives a crash of the terminal, but perhaps not a power cut (the disk cannot be flushed)");
   return(true);
  }
//+------------------------------------------------------------------+
//| Serves for a bounded time, then leaves the terminal its own events|
//+------------------------------------------------------------------+
void OnTimer(void)
  {
   if(IsStopped() || (!Serves() && !Begin()))
      return;
   ulong until=GetMicrosecondCount()+(ulong)g_agents[0].SliceMs()*1000;
   while(!IsStopped())
     {
      ulong now=GetMicrosecondCount();
      if(now>=until)
         return;
      g_agents[0].Turn((int)((until-now+999)/1000));
     }
  }
//+------------------------------------------------------------------+
//| Takes the trade server's answers at once                       |
//+------------------------------------------------------------------+
void OnTradeTransaction(const MqlTradeTransaction &transaction,const MqlTradeRequest &request,const MqlTradeResult &result)
  {
   if(!Serves())
      return;
   g_agents[0].Transaction(transaction,result);
   g_agents[0].Turn(0);
  }
//+------------------------------------------------------------------+
//| Ticks of the chart's symbol wake the agent between two timer events|
//+------------------------------------------------------------------+
void OnTick(void)
  {
   if(Serves())
      g_agents[0].Turn(0);
  }
//+------------------------------------------------------------------+
