//+------------------------------------------------------------------+
//|                                                       Intent.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_INTENT_MQH
#define MT5CONNECTOR_AGENT_INTENT_MQH
#include <MT5Connector/Agent/IntentChanges.mqh>

//+------------------------------------------------------------------+
//| What a command wants, checked against the terminal and made a request (docs/protocol.md, 6.1)|
//+------------------------------------------------------------------+
class CIntent : public CIntentChanges
  {
public:
   bool              Plan(const CClients &clients,const int client,const string id,const double max_lots,bool &limit,SEvidence &evidence);
   bool              Build(const SEvidence &evidence,MqlTradeRequest &request,long &retcode,string &why) const;
  };
//+------------------------------------------------------------------+
//| Checks the intent and says by what its order will be known again; `limit`: refused for a limit|
//+------------------------------------------------------------------+
bool CIntent::Plan(const CClients &clients,const int client,const string id,const double max_lots,bool &limit,SEvidence &evidence)
  {
   limit=false;
   ZeroMemory(evidence);
   switch(kind)
     {
      case INTENT_MARKET:
      case INTENT_PENDING:
         return(PlanOrder(clients,client,id,max_lots,limit,evidence));
      case INTENT_CLOSE:
         return(PlanClose(clients,client,id,evidence));
      case INTENT_CLOSE_BY:
         return(PlanCloseBy(evidence));
      default:
         return(PlanChange(evidence));
     }
  }
//+------------------------------------------------------------------+
//| Makes the request; false with the return code by which the terminal itself refuses|
//+------------------------------------------------------------------+
bool CIntent::Build(const SEvidence &evidence,MqlTradeRequest &request,long &retcode,string &why) const
  {
   ZeroMemory(request);
   switch(kind)
     {
      case INTENT_MARKET:
      case INTENT_CLOSE:
         return(BuildDeal(evidence,request,retcode,why));
      case INTENT_PENDING:
         return(BuildPending(evidence,request,retcode,why));
      case INTENT_CLOSE_BY:
         return(BuildCloseBy(request,retcode,why));
      default:
         return(BuildChange(evidence,request,retcode,why));
     }
  }
#endif
//+------------------------------------------------------------------+
